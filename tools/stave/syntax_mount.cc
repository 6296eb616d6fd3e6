#include <stave/json.h>

#include <charconv>

#include "flags.h"
#include "syntax.h"

namespace stave::cli {

namespace {

bool isPropagation(const std::string& word) {
  for (auto known : {"private", "rprivate", "shared", "rshared", "slave", "rslave"}) {
    if (word == known) return true;
  }
  return false;
}

void takeVolumeOption(VolumeFlag& volume, const std::string& option, const std::string& whole) {
  if (option == "ro") {
    volume.readOnly = true;
  } else if (option == "nocopy") {
    volume.noCopy = true;
  } else if (isPropagation(option)) {
    volume.propagation = option;
  } else if (option != "rw" && option != "z" && option != "Z") {
    failFlag("--volume", whole, "there is no option \"" + option + "\"");
  }
}

void checkTarget(const std::string& target, std::string_view flag, const std::string& whole) {
  if (target.empty() || target.front() != '/') {
    failFlag(flag, whole, "the path in the container must be absolute");
  }
  if (target.find_first_not_of('/') == std::string::npos) {
    failFlag(flag, whole, "the container's root directory cannot be mounted over");
  }
}

uint64_t bytesOf(const std::string& text, std::string_view flag, const std::string& whole) {
  KJ_IF_MAYBE (bytes, parseBytes(text)) {
    return *bytes;
  }
  failFlag(flag, whole, "\"" + text + "\" is not a number of bytes");
}

uint32_t modeOf(const std::string& text, std::string_view flag, const std::string& whole) {
  uint32_t mode = 0;
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, mode, 8);
  if (text.empty() || error != std::errc() || rest != end || mode > 07777) {
    failFlag(flag, whole, "\"" + text + "\" is not an octal mode");
  }
  return mode;
}

bool truth(const std::string& value, const std::string& whole) {
  if (value.empty() || value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  failFlag("--mount", whole, "\"" + value + "\" is neither true nor false");
}

void takeType(MountFlag& mount, const std::string& value, const std::string& whole) {
  if (value == "volume") {
    mount.type = MountFlag::Type::volume;
  } else if (value == "bind") {
    mount.type = MountFlag::Type::bind;
  } else if (value == "tmpfs") {
    mount.type = MountFlag::Type::tmpfs;
  } else {
    failFlag("--mount", whole, "there is no type \"" + value + "\"; there are bind, volume, tmpfs");
  }
}

void takeMountField(MountFlag& mount, const std::string& key, const std::string& value,
                    const std::string& whole) {
  if (key == "type") return takeType(mount, value, whole);
  if (key == "source" || key == "src") {
    mount.source = value;
  } else if (key == "target" || key == "dst" || key == "destination") {
    mount.target = value;
  } else if (key == "readonly" || key == "ro") {
    mount.readOnly = truth(value, whole);
  } else if (key == "bind-propagation") {
    if (!isPropagation(value))
      failFlag("--mount", whole, "there is no propagation \"" + value + "\"");
    mount.propagation = value;
  } else if (key == "volume-nocopy") {
    mount.noCopy = truth(value, whole);
  } else if (key == "volume-subpath") {
    mount.subPath = value;
  } else if (key == "tmpfs-size") {
    mount.tmpfsBytes = bytesOf(value, "--mount", whole);
  } else if (key == "tmpfs-mode") {
    mount.tmpfsMode = modeOf(value, "--mount", whole);
  } else if (key == "bind-create-src") {
    mount.createHostPath = truth(value, whole);
  } else {
    failFlag("--mount", whole, "there is no field \"" + key + "\"");
  }
}

}  // namespace

VolumeFlag parseVolume(const std::string& text, const std::string& workingDirectory) {
  auto parts = split(text, ':');
  if (parts.size() > 3) failFlag("--volume", text, "want [SOURCE:]TARGET[:OPTIONS]");
  VolumeFlag volume;
  volume.target = parts.size() == 1 ? parts[0] : parts[1];
  if (parts.size() > 1) {
    volume.source = parts[0];
    if (volume.source.empty()) failFlag("--volume", text, "the source is empty");
    bool relative = volume.source == "." || volume.source.compare(0, 2, "./") == 0 ||
                    volume.source.compare(0, 2, "..") == 0;
    if (relative) volume.source = workingDirectory + "/" + volume.source;
  }
  checkTarget(volume.target, "--volume", text);
  if (parts.size() == 3) {
    for (auto& option : split(parts[2], ',')) takeVolumeOption(volume, option, text);
  }
  return volume;
}

MountFlag parseMount(const std::string& text) {
  MountFlag mount;
  for (auto& field : split(text, ',')) {
    auto equals = field.find('=');
    auto value = equals == std::string::npos ? std::string() : field.substr(equals + 1);
    takeMountField(mount, field.substr(0, equals), value, text);
  }
  checkTarget(mount.target, "--mount", text);
  bool isBind = mount.type == MountFlag::Type::bind;
  if (isBind && (mount.source.empty() || mount.source.front() != '/')) {
    failFlag("--mount", text, "the source of a bind mount must be an absolute path");
  }
  if (mount.type == MountFlag::Type::tmpfs && !mount.source.empty()) {
    failFlag("--mount", text, "a tmpfs has no source");
  }
  return mount;
}

TmpfsFlag parseTmpfs(const std::string& text) {
  auto colon = text.find(':');
  TmpfsFlag tmpfs;
  tmpfs.target = text.substr(0, colon);
  checkTarget(tmpfs.target, "--tmpfs", text);
  if (colon == std::string::npos) return tmpfs;
  for (auto& option : split(std::string_view(text).substr(colon + 1), ',')) {
    if (option.compare(0, 5, "size=") == 0) {
      tmpfs.bytes = bytesOf(option.substr(5), "--tmpfs", text);
    } else if (option.compare(0, 5, "mode=") == 0) {
      tmpfs.mode = modeOf(option.substr(5), "--tmpfs", text);
    } else {
      tmpfs.options += (tmpfs.options.empty() ? "" : ",") + option;
    }
  }
  return tmpfs;
}

}  // namespace stave::cli
