#include "volume_store.h"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "stave/error.h"
#include "stave/os/file.h"
#include "stave/schema/volume.capnp.h"

namespace stave::local {

namespace {

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

std::vector<Volume> VolumeStore::load() {
  std::vector<Volume> volumes;
  for (auto& name : set_.names())
    volumes.push_back(decode(os::readFile(set_.pathOf(name) + "/record")));
  return volumes;
}

void VolumeStore::add(const Volume& volume) {
  bool made = set_.add(volume.name, [&](const std::string& directory) {
    os::makeDirectories(directory + "/data");
    markUntouched(directory + "/data", timeOf(volume.created));
    os::replaceFile(directory + "/record", encode(volume), 0644, true);
  });
  if (!made) fail(ErrorCode::UNAVAILABLE, "volume " + volume.name + " is still being removed");
}

bool VolumeStore::neverHeldAnything(const Volume& volume) const {
  return isUntouched(dataPath(volume.name), timeOf(volume.created));
}

}  // namespace stave::local
