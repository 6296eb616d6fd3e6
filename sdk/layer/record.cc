#include "record.h"

#include <charconv>
#include <functional>
#include <map>

#include "stave/error.h"

namespace stave::layer {

namespace {

constexpr size_t maxFileName = 200;

bool isPlain(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

std::string escape(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  for (char byte : text) {
    if (isPlain(byte) || (byte == '.' && !escaped.empty())) {
      escaped += byte;
    } else {
      escaped += '%';
      escaped += digits[uint8_t(byte) >> 4];
      escaped += digits[byte & 15];
    }
  }
  return escaped;
}

std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); i++) {
    unsigned value = 0;
    bool coded = text[i] == '%' && i + 2 < text.size();
    if (coded) std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    plain += coded ? char(value) : text[i];
    if (coded) i += 2;
  }
  return plain;
}

template <typename Number>
Number number(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(ErrorCode::INTERNAL, "\"" + std::string(text) + "\" in a record is no number");
  }
  return value;
}

std::string_view takeWord(std::string_view& text, char separator) {
  auto end = text.find(separator);
  auto word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

os::IdRange idRange(std::string_view text) {
  auto inside = number<uint32_t>(takeWord(text, ' '));
  auto outside = number<uint32_t>(takeWord(text, ' '));
  return {inside, outside, number<uint32_t>(text)};
}

using Members = std::map<std::string_view, std::function<void(std::string_view)>>;

/// The last line is "end", so that a file of which a part is missing is noticed.
void decode(std::string_view text, const Members& members) {
  while (!text.empty()) {
    auto line = takeWord(text, '\n');
    auto key = takeWord(line, ' ');
    if (key == "end") return;
    auto member = members.find(key);
    if (member == members.end()) {
      fail(ErrorCode::INTERNAL, "\"" + std::string(key) + "\" in a record is unknown");
    }
    member->second(line);
  }
  fail(ErrorCode::INTERNAL, "a record is not complete");
}

void add(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append(" ").append(value).append("\n");
}

void add(std::string& text, std::string_view key, const std::vector<os::IdRange>& ranges) {
  for (auto& range : ranges) {
    add(text, key,
        std::to_string(range.inside) + " " + std::to_string(range.outside) + " " +
            std::to_string(range.count));
  }
}

}  // namespace

std::string encode(const LayerRecord& record, std::string_view bootId) {
  std::string text;
  add(text, "chain", record.chainId);
  add(text, "parent", record.parent);
  add(text, "diff", record.diffId);
  add(text, "bytes", std::to_string(record.bytes));
  add(text, "created", std::to_string(record.created));
  add(text, "root-named", record.rootNamed ? "1" : "0");
  add(text, "root-opaque", record.rootOpaque ? "1" : "0");
  add(text, "boot", bootId);
  return text + "end\n";
}

LayerRecord decodeLayer(std::string_view text, std::string& bootId) {
  LayerRecord record;
  decode(text, {{"chain", [&](auto value) { record.chainId = value; }},
                {"parent", [&](auto value) { record.parent = value; }},
                {"diff", [&](auto value) { record.diffId = value; }},
                {"bytes", [&](auto value) { record.bytes = number<uint64_t>(value); }},
                {"created", [&](auto value) { record.created = number<int64_t>(value); }},
                {"root-named", [&](auto value) { record.rootNamed = value == "1"; }},
                {"root-opaque", [&](auto value) { record.rootOpaque = value == "1"; }},
                {"boot", [&](auto value) { bootId = value; }}});
  return record;
}

std::string encode(const SnapshotRecord& record) {
  std::string text;
  add(text, "name", escape(record.name));
  add(text, "parent", record.parent);
  add(text, "created", std::to_string(record.created));
  add(text, "uid", record.mappings.uids);
  add(text, "gid", record.mappings.gids);
  for (auto& [key, value] : record.labels) {
    add(text, "label", escape(key) + " " + escape(value));
  }
  return text + "end\n";
}

SnapshotRecord decodeSnapshot(std::string_view text) {
  SnapshotRecord record;
  decode(text, {{"name", [&](auto value) { record.name = unescape(value); }},
                {"parent", [&](auto value) { record.parent = value; }},
                {"created", [&](auto value) { record.created = number<int64_t>(value); }},
                {"uid", [&](auto value) { record.mappings.uids.push_back(idRange(value)); }},
                {"gid", [&](auto value) { record.mappings.gids.push_back(idRange(value)); }},
                {"label", [&](auto value) {
                   auto key = takeWord(value, ' ');
                   record.labels.emplace_back(unescape(key), unescape(value));
                 }}});
  return record;
}

std::string fileNameOf(std::string_view name) {
  auto escaped = escape(name);
  if (!escaped.empty() && escaped.size() <= maxFileName) return escaped;
  fail(ErrorCode::INVALID,
       "the name \"" + std::string(name.substr(0, maxFileName)) + "\" is empty or too long");
}

}  // namespace stave::layer
