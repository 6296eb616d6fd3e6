#include "run_directory.h"

#include <capnp/serialize.h>
#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/cgroup.h>
#include <stave/os/task.h>

#include <string.h>

namespace stave::native {

void RunDirectory::begin(const std::string& cgroup) const {
  os::makeDirectories(path_.substr(0, path_.rfind('/')), 0700);
  if (os::exists(path_))
    fail(ErrorCode::ALREADY_EXISTS, "there is a container in " + path_ + " already");
  os::makeDirectories(path_, 0700);
  os::Fd file = os::open(path_ + "/cgroup", O_WRONLY | O_CREAT | O_EXCL, 0600);
  os::writeAll(file, cgroup.data(), cgroup.size());
}

os::Fd RunDirectory::makeStatus() const {
  os::Fd file = os::open(path_ + "/status", O_RDWR | O_CREAT | O_EXCL, 0600);
  writeStatus(file, plan::Status{plan::magicNumber, plan::Phase::creating, 0, 0, 0, 0, 0, 0, 0, 0});
  return file;
}

os::Fd RunDirectory::openStatus() const {
  return os::open(path_ + "/status", O_RDWR);
}

void RunDirectory::commit(schema::ContainerRecord::Reader record) const {
  capnp::MallocMessageBuilder message;
  message.setRoot(record);
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asBytes();
  os::replaceFile(path_ + "/record", {reinterpret_cast<const char*>(bytes.begin()), bytes.size()},
                  0600);
}

bool RunDirectory::committed() const {
  return os::exists(path_ + "/record");
}

std::string RunDirectory::cgroup() const {
  return os::exists(path_ + "/cgroup") ? os::readFile(path_ + "/cgroup") : "";
}

std::shared_ptr<capnp::MessageBuilder> RunDirectory::readRecord() const {
  os::Fd file = os::open(path_ + "/record", O_RDONLY);
  capnp::StreamFdMessageReader reader(file.get());
  auto message = std::make_shared<capnp::MallocMessageBuilder>();
  message->setRoot(reader.getRoot<schema::ContainerRecord>());
  return message;
}

void RunDirectory::remove() const {
  os::removeTree(path_);
}

plan::Status readStatus(int file) {
  plan::Status status{};
  size_t size = os::readStart(file, &status, sizeof(status));
  if (size == sizeof(status) && status.magic == plan::magicNumber) return status;
  fail(ErrorCode::INTERNAL, "the status file of a container is damaged; delete the container");
}

void writeStatus(int file, const plan::Status& status) {
  os::writeStart(file, &status, sizeof(status));
}

}  // namespace stave::native
