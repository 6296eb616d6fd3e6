#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The small languages of docker's options. All functions throw UsageError.
namespace stave::cli {

/// "-v": SOURCE:TARGET[:OPTIONS] or TARGET.
struct VolumeFlag {
  std::string source;  // absolute: a host path; else a volume's name; empty: an anonymous volume
  std::string target;
  bool readOnly = false;
  bool noCopy = false;
  std::string propagation;
};
VolumeFlag parseVolume(const std::string& text, const std::string& workingDirectory);

/// "--mount": type=bind,source=/a,target=/b,readonly and so on.
struct MountFlag {
  enum class Type { volume, bind, tmpfs };
  Type type = Type::volume;
  std::string source, target, propagation, subPath;
  bool readOnly = false;
  bool noCopy = false;
  bool createHostPath = false;
  uint64_t tmpfsBytes = 0;
  uint32_t tmpfsMode = 0;
};
MountFlag parseMount(const std::string& text);

/// "--tmpfs": TARGET[:OPTIONS].
struct TmpfsFlag {
  std::string target, options;
  uint64_t bytes = 0;
  uint32_t mode = 0;
};
TmpfsFlag parseTmpfs(const std::string& text);

/// "-p": [[ADDRESS:]HOST[-END]:]CONTAINER[-END][/PROTOCOL]; one element per container port.
struct PortFlag {
  std::string address;
  uint16_t host = 0;
  uint16_t hostEnd = 0;  // a choice for one container port
  uint16_t container = 0;
  std::string protocol = "tcp";
};
std::vector<PortFlag> parsePorts(const std::string& text);

struct UlimitFlag {
  std::string name;
  uint64_t soft = 0, hard = 0;
};
UlimitFlag parseUlimit(const std::string& text);

struct DeviceFlag {
  std::string host, container, permissions = "rwm";
};
DeviceFlag parseDevice(const std::string& text);

struct RestartFlag {
  std::string mode;  // "no", "always", "on-failure", "unless-stopped"
  uint32_t retries = 0;
};
RestartFlag parseRestart(const std::string& text);

/// "KEY=VALUE" or "KEY"; nothing for the value then.
std::pair<std::string, std::optional<std::string>> parsePair(std::string_view text,
                                                             std::string_view flag);

/// Lines of an environment or label file: comments and empty lines left out, NAME alone without
/// value.
std::vector<std::string> parseLines(std::string_view text);

/// "1.5" processors to 1500. More than three digits behind the point are an error.
uint64_t parseCpus(const std::string& text);

/// "ctrl-p,ctrl-q" to the bytes that a terminal sends.
std::string parseDetachKeys(const std::string& text);

/// "linux/arm64/v8".
struct PlatformFlag {
  std::string os, architecture, variant;
};
PlatformFlag parsePlatform(const std::string& text);

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace stave::cli
