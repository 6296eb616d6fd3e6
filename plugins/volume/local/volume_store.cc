#include "volume_store.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <fcntl.h>

#include "stave/error.h"
#include "stave/os/entry.h"
#include "stave/os/positioned_io.h"
#include "stave/schema/volume.capnp.h"

namespace stave::local {

namespace {

constexpr size_t maxNameBytes = 200;
constexpr int64_t nanosecondsPerSecond = 1'000'000'000;

std::string encode(const Volume& volume) {
  capnp::MallocMessageBuilder message;
  auto info = message.initRoot<schema::VolumeInfo>();
  info.setName(volume.name.c_str());
  info.setCreated(volume.created);
  auto options = info.initOptions(volume.options.size());
  unsigned index = 0;
  for (auto& [key, value] : volume.options) {
    options[index].setKey(key.c_str());
    options[index++].setValue(value.c_str());
  }
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asChars();
  return {bytes.begin(), bytes.size()};
}

Volume decode(const std::string& bytes) {
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  memcpy(static_cast<void*>(words.begin()), bytes.data(), words.size() * sizeof(capnp::word));
  capnp::FlatArrayMessageReader message(words);
  auto info = message.getRoot<schema::VolumeInfo>();
  Volume volume{info.getName().cStr(), info.getCreated(), {}};
  for (auto option : info.getOptions()) {
    volume.options[option.getKey().cStr()] = option.getValue().cStr();
  }
  return volume;
}

timespec timeOf(int64_t nanoseconds) {
  return {time_t(nanoseconds / nanosecondsPerSecond), long(nanoseconds % nanosecondsPerSecond)};
}

}  // namespace

VolumeStore::VolumeStore(std::string path) : path_(std::move(path)) {
  for (auto* folder : {"/volumes", "/staging"}) os::makeDirectories(path_ + folder, 0700);
}

std::vector<Volume> VolumeStore::load() {
  for (auto& name : os::listDirectory(path_ + "/staging"))
    os::removeTree(path_ + "/staging/" + name);
  std::vector<Volume> volumes;
  for (auto& name : os::listDirectory(path_ + "/volumes")) {
    volumes.push_back(decode(os::readFile(path_ + "/volumes/" + name + "/record")));
  }
  return volumes;
}

std::string VolumeStore::stagingPath() {
  return path_ + "/staging/" + std::to_string(++counter_);
}

void VolumeStore::add(const Volume& volume) {
  auto staging = stagingPath();
  try {
    os::makeDirectories(staging + "/data", 0755);
    os::replaceFile(staging + "/record", encode(volume), 0644, true);
    auto data = os::open(staging + "/data", O_RDONLY | O_DIRECTORY);
    os::setMode(data, 0755);
    os::setModified(data, timeOf(volume.created));
    os::rename(staging, path_ + "/volumes/" + volume.name);
  } catch (...) {
    os::removeTree(staging);
    throw;
  }
  os::syncDirectory(path_ + "/volumes");
}

void VolumeStore::remove(const std::string& name) {
  auto staging = stagingPath();
  os::rename(path_ + "/volumes/" + name, staging);
  os::removeTree(staging);
}

std::string VolumeStore::dataPath(const std::string& name) const {
  return path_ + "/volumes/" + name + "/data";
}

bool VolumeStore::neverHeldAnything(const Volume& volume) const {
  auto data = os::open(dataPath(volume.name), O_RDONLY | O_DIRECTORY);
  auto info = os::statOf(data);
  auto created = timeOf(volume.created);
  bool untouched = info.st_mtim.tv_sec == created.tv_sec && info.st_mtim.tv_nsec == created.tv_nsec;
  return untouched && os::namesIn(data).empty();
}

void requireGoodName(const std::string& name) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  bool good = !name.empty() && name.size() <= maxNameBytes && plain.find(name[0]) != plain.npos &&
              name.find_first_not_of(std::string(plain) + "_.-") == std::string::npos;
  if (good) return;
  fail(ErrorCode::INVALID, "\"" + name.substr(0, maxNameBytes) +
                               "\" is no volume name: letters, digits, \"_\", \".\" and \"-\", of "
                               "which the first is a letter or a digit, up to 200");
}

}  // namespace stave::local
