#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The monitor's log files (runtime.capnp, LogOptions): one line per line of output, rotated files
/// PATH.1 (newest) and so on.
namespace stave::node {

struct LogLine {
  int64_t time = 0;
  bool isError = false;  ///< standard error
  bool partial = false;
  std::string_view text;
};

/// Nothing: the line is damaged, as the last one before a power failure may be.
std::optional<LogLine> parseLogLine(std::string_view line);

struct LogFilter {
  int64_t since = 0;
  int64_t until = 0;  ///< 0: no end
  bool output = true;
  bool errors = true;

  bool takes(const LogLine& line) const;
};

/// Cuts a stream of bytes into lines; an unended last one waits for its end.
class LogCutter {
 public:
  void feed(std::string_view bytes, const std::function<void(std::string_view line)>& each);

 private:
  std::string rest_;
};

/// The files of a log that exist, oldest first.
std::vector<std::string> logFiles(const std::string& path);

/// How many lines of these open files the filter takes; for the tail.
uint64_t countLines(const std::vector<int>& files, const LogFilter& filter);

}  // namespace stave::node
