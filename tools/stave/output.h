#pragma once

#include <string>
#include <string_view>

namespace stave::cli {

/// Writes all of it at once to standard output. A reader that has gone ends the program quietly.
void print(std::string_view text);
void printError(std::string_view text);

bool outputIsTerminal();
bool errorsAreTerminal();

/// Colours, on a terminal only and not with NO_COLOR set.
enum class Colour { none, red, green, yellow, grey, bold };
std::string coloured(std::string_view text, Colour colour);

std::string humanBytes(double bytes);        ///< "1.2MB", decimal multiples as docker shows sizes
std::string humanBinaryBytes(double bytes);  ///< "1.2MiB"
std::string humanDuration(int64_t seconds);  ///< "About a minute", "3 hours"
std::string isoTime(int64_t nanoseconds);    ///< "2024-05-01T10:00:00.123456789Z"; empty for 0
std::string localTime(int64_t nanoseconds);  ///< "2024-05-01 10:00:00 +0000 UTC"
int64_t nowNanoseconds();

/// Unix time in nanoseconds from "2024-05-01T10:00:00Z", "2024-05-01", seconds, or a span ago
/// ("10m"). Throws UsageError.
int64_t parseTime(const std::string& text);

}  // namespace stave::cli
