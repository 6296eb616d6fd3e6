#include "log_lines.h"

#include <stave/os/file.h>
#include <stave/os/positioned_io.h>

#include <algorithm>
#include <charconv>

namespace stave::node {

namespace {

constexpr unsigned mostFiles = 1000;

std::string_view takeWord(std::string_view& line) {
  auto space = std::min(line.find(' '), line.size());
  auto word = line.substr(0, space);
  line.remove_prefix(std::min(space + 1, line.size()));
  return word;
}

}  // namespace

std::optional<LogLine> parseLogLine(std::string_view line) {
  LogLine result;
  auto time = takeWord(line);
  auto end = time.data() + time.size();
  auto parsed = std::from_chars(time.data(), end, result.time);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  auto stream = takeWord(line);
  if (stream != "stdout" && stream != "stderr") return std::nullopt;
  result.isError = stream == "stderr";
  auto flag = takeWord(line);
  if (flag != "F" && flag != "P") return std::nullopt;
  result.partial = flag == "P";
  result.text = line;
  return result;
}

bool LogFilter::takes(const LogLine& line) const {
  if (line.time < since || (until != 0 && line.time > until)) return false;
  return line.isError ? errors : output;
}

void LogCutter::feed(std::string_view bytes,
                     const std::function<void(std::string_view line)>& each) {
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    if (end == bytes.npos) {
      rest_ += bytes;
      return;
    }
    if (rest_.empty()) {
      each(bytes.substr(0, end));
    } else {
      rest_ += bytes.substr(0, end);
      each(rest_);
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
}

std::vector<std::string> logFiles(const std::string& path) {
  std::vector<std::string> files;
  for (unsigned number = 1; number < mostFiles; ++number) {
    auto rotated = path + "." + std::to_string(number);
    if (!os::exists(rotated)) break;
    files.push_back(std::move(rotated));
  }
  std::reverse(files.begin(), files.end());
  if (os::exists(path)) files.push_back(path);
  return files;
}

uint64_t countLines(const std::vector<int>& files, const LogFilter& filter) {
  constexpr size_t chunk = 256 * 1024;
  uint64_t count = 0;
  std::string buffer(chunk, '\0');
  for (int file : files) {
    LogCutter cutter;
    uint64_t offset = 0;
    while (size_t got = os::readAt(file, buffer.data(), chunk, offset)) {
      offset += got;
      cutter.feed({buffer.data(), got}, [&](std::string_view line) {
        auto parsed = parseLogLine(line);
        if (parsed && filter.takes(*parsed)) ++count;
      });
    }
  }
  return count;
}

}  // namespace stave::node
