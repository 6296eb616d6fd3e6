#include "output.h"

#include <signal.h>
#include <stave/error.h>
#include <stave/json.h>
#include <stave/os/file.h>
#include <stave/os/terminal.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "flags.h"

namespace stave::cli {

namespace {

constexpr int64_t second = 1'000'000'000;

std::string human(double bytes, double step, const char* const* units) {
  size_t unit = 0;
  while (bytes >= step && unit < 5) {
    bytes /= step;
    ++unit;
  }
  char text[32];
  ::snprintf(text, sizeof(text), "%.4g%s", bytes, units[unit]);
  return text;
}

std::string formatted(int64_t nanoseconds, const char* format) {
  time_t seconds = nanoseconds / second;
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  ::strftime(text, sizeof(text), format, &parts);
  return text;
}

}  // namespace

void print(std::string_view text) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                              [&]() { os::writeAll(STDOUT_FILENO, text.data(), text.size()); })) {
    constexpr int brokenPipe = 128 + SIGPIPE;
    if (textOf(*exception).find("Broken pipe") != std::string::npos) std::_Exit(brokenPipe);
    kj::throwFatalException(kj::mv(*exception));
  }
}

void printError(std::string_view text) {
  kj::runCatchingExceptions([&]() { os::writeAll(STDERR_FILENO, text.data(), text.size()); });
}

bool outputIsTerminal() {
  return os::isTerminal(STDOUT_FILENO);
}
bool errorsAreTerminal() {
  return os::isTerminal(STDERR_FILENO);
}

std::string coloured(std::string_view text, Colour colour) {
  static constexpr const char* codes[] = {"", "31", "32", "33", "90", "1"};
  static const bool wanted = outputIsTerminal() && ::getenv("NO_COLOR") == nullptr;
  if (!wanted || colour == Colour::none || text.empty()) return std::string(text);
  return "\033[" + std::string(codes[int(colour)]) + "m" + std::string(text) + "\033[0m";
}

std::string humanBytes(double bytes) {
  static constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  return human(bytes, 1000, units);
}

std::string humanBinaryBytes(double bytes) {
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  return human(bytes, 1024, units);
}

std::string humanDuration(int64_t seconds) {
  auto count = [](int64_t number, const char* unit) { return std::to_string(number) + " " + unit; };
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return count(seconds, "seconds");
  if (seconds < 120) return "About a minute";
  if (seconds < 3600) return count(seconds / 60, "minutes");
  if (seconds < 2 * 3600) return "About an hour";
  auto hours = seconds / 3600;
  if (hours < 48) return count(hours, "hours");
  if (hours < 24 * 7 * 2) return count(hours / 24, "days");
  if (hours < 24 * 30 * 2) return count(hours / 24 / 7, "weeks");
  if (hours < 24 * 365 * 2) return count(hours / 24 / 30, "months");
  return count(hours / 24 / 365, "years");
}

std::string isoTime(int64_t nanoseconds) {
  if (nanoseconds == 0) return {};
  char fraction[16];
  ::snprintf(fraction, sizeof(fraction), ".%09dZ", int(nanoseconds % second));
  return formatted(nanoseconds, "%Y-%m-%dT%H:%M:%S") + fraction;
}

std::string localTime(int64_t nanoseconds) {
  if (nanoseconds == 0) return {};
  return formatted(nanoseconds, "%Y-%m-%d %H:%M:%S +0000 UTC");
}

int64_t nowNanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * second + now.tv_nsec;
}

int64_t parseTime(const std::string& text) {
  KJ_IF_MAYBE (span, parseMilliseconds(text)) {
    return nowNanoseconds() - int64_t(*span) * 1'000'000;
  }
  char* end = nullptr;
  double seconds = ::strtod(text.c_str(), &end);
  if (!text.empty() && *end == '\0') return int64_t(std::llround(seconds * 1e9));
  for (auto format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    tm parts{};
    auto rest = ::strptime(text.c_str(), format, &parts);
    if (rest == nullptr) continue;
    double fraction = *rest == '.' ? ::strtod(rest, &end) : (end = const_cast<char*>(rest), 0);
    std::string zone = end;
    if (!zone.empty() && zone != "Z") continue;
    return ::timegm(&parts) * second + int64_t(std::llround(fraction * 1e9));
  }
  throw UsageError("\"" + text +
                   "\" is not a time such as 2024-05-01T10:00:00Z, 1714557600 or 10m");
}

}  // namespace stave::cli
