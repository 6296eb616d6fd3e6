#include <stave/net/dns_message.h>

#include <algorithm>

namespace stave::net::dns {

namespace {

constexpr uint16_t flagResponse = 0x8000, flagAuthoritative = 0x0400, flagTruncated = 0x0200;
constexpr uint16_t flagRecursionDesired = 0x0100, flagRecursionAvailable = 0x0080;
constexpr uint16_t operationMask = 0x7800;
constexpr size_t longestName = 255, longestLabel = 63;

uint16_t read16(std::string_view message, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(message[at]) << 8 |
                               static_cast<uint8_t>(message[at + 1]));
}

void write16(std::string& message, size_t at, uint16_t value) {
  message[at] = static_cast<char>(value >> 8);
  message[at + 1] = static_cast<char>(value);
}

void append16(std::string& message, uint16_t value) {
  message += static_cast<char>(value >> 8);
  message += static_cast<char>(value);
}

/// A name without compression, as a question has it. Returns where it ends; 0: malformed.
size_t parseName(std::string_view message, size_t at, std::string& name) {
  auto begin = at;
  while (at < message.size()) {
    size_t length = static_cast<uint8_t>(message[at++]);
    if (length == 0) return at;
    if (length > longestLabel || at + length > message.size()) return 0;
    if (at + length - begin > longestName) return 0;
    if (!name.empty()) name += '.';
    name += message.substr(at, length);
    at += length;
  }
  return 0;
}

/// The EDNS record of a query without other records, at its usual place behind the question.
void parseExtension(std::string_view message, Query& query) {
  auto at = query.questionEnd;
  if (read16(message, 10) == 0 || message.size() < at + 11) return;
  if (message[at] != 0 || read16(message, at + 1) != typeOpt) return;
  query.extended = true;
  query.udpLimit = std::clamp<size_t>(read16(message, at + 3), plainUdpLimit, 4096);
}

bool appendName(std::string& message, std::string_view name) {
  auto before = message.size();
  while (!name.empty()) {
    auto label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > longestLabel) {
      message.resize(before);
      return false;
    }
    message += static_cast<char>(label.size());
    message += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  message += '\0';
  return message.size() - before <= longestName;
}

void appendRecordHead(std::string& message, uint16_t type, uint32_t timeToLive) {
  append16(message, 0xc000 | headerSize);  // the name is that of the question
  append16(message, type);
  append16(message, classIn);
  append16(message, static_cast<uint16_t>(timeToLive >> 16));
  append16(message, static_cast<uint16_t>(timeToLive));
}

std::string addressRecord(const Address& address, uint32_t timeToLive) {
  std::string record;
  appendRecordHead(record, address.isIpv4() ? typeA : typeAaaa, timeToLive);
  append16(record, static_cast<uint16_t>(address.size()));
  record.append(reinterpret_cast<const char*>(address.bytes().data()), address.size());
  return record;
}

std::string pointerRecord(std::string_view name, uint32_t timeToLive) {
  std::string record, encoded;
  if (!appendName(encoded, name)) return record;
  appendRecordHead(record, typePtr, timeToLive);
  append16(record, static_cast<uint16_t>(encoded.size()));
  return record + encoded;
}

std::string extensionRecord() {
  std::string record(1, '\0');
  append16(record, typeOpt);
  append16(record, 4096);
  return record.append(6, '\0');  // no extended code, version, flags or options
}

}  // namespace

std::optional<Query> parseQuery(std::string_view message) {
  if (message.size() < headerSize || message.size() > largestMessage) return std::nullopt;
  Query query;
  query.id = read16(message, 0);
  query.flags = read16(message, 2);
  bool single = read16(message, 4) == 1 && read16(message, 6) == 0;
  if ((query.flags & (flagResponse | operationMask)) != 0 || !single) return std::nullopt;
  auto end = parseName(message, headerSize, query.name);
  if (end == 0 || end + 4 > message.size()) return std::nullopt;
  query.type = read16(message, end);
  query.klass = read16(message, end + 2);
  query.questionEnd = end + 4;
  parseExtension(message, query);
  return query;
}

bool isResponse(std::string_view message) {
  return message.size() >= headerSize && (read16(message, 2) & flagResponse);
}

bool isTruncated(std::string_view message) {
  return message.size() >= headerSize && (read16(message, 2) & flagTruncated);
}

uint16_t idOf(std::string_view message) {
  return message.size() < 2 ? 0 : read16(message, 0);
}

void setId(std::string& message, uint16_t id) {
  if (message.size() >= 2) write16(message, 0, id);
}

bool answers(std::string_view response, std::string_view query, size_t questionEnd) {
  if (!isResponse(response) || response.size() < questionEnd || query.size() < questionEnd) {
    return false;
  }
  return idOf(response) == idOf(query) && read16(response, 4) == 1 &&
         response.substr(headerSize, questionEnd - headerSize) ==
             query.substr(headerSize, questionEnd - headerSize);
}

std::string respond(std::string_view message, const Query& query, Code code, const Content& content,
                    size_t limit) {
  std::string response(message.substr(0, query.questionEnd));
  std::vector<std::string> records;
  for (auto& address : content.addresses) {
    records.push_back(addressRecord(address, content.timeToLive));
  }
  if (!content.pointer.empty()) {
    records.push_back(pointerRecord(content.pointer, content.timeToLive));
  }
  auto extension = query.extended ? extensionRecord() : std::string();
  uint16_t flags = flagResponse | flagAuthoritative | flagRecursionAvailable |
                   (query.flags & flagRecursionDesired) | static_cast<uint16_t>(code);
  uint16_t count = 0;
  for (auto& record : records) {
    if (response.size() + record.size() + extension.size() > limit) {
      flags |= flagTruncated;
      break;
    }
    if (record.empty()) continue;
    response += record;
    ++count;
  }
  response += extension;
  write16(response, 2, flags);
  write16(response, 6, count);
  write16(response, 8, 0);
  write16(response, 10, query.extended ? 1 : 0);
  return response;
}

std::string fit(std::string response, const Query& query, size_t limit) {
  if (response.size() <= limit) return response;
  response.resize(query.questionEnd);
  write16(response, 2, read16(response, 2) | flagTruncated);
  for (size_t count : {6, 8, 10}) write16(response, count, 0);
  return response;
}

namespace {

std::optional<Address> reverseIpv4(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    auto dot = name.rfind('.');
    if (!text.empty()) text += '.';
    text += dot == name.npos ? name : name.substr(dot + 1);
    name = dot == name.npos ? std::string_view() : name.substr(0, dot);
  }
  auto address = Address::tryParse(text);
  return address && address->isIpv4() ? address : std::nullopt;
}

std::optional<Address> reverseIpv6(std::string_view name) {
  constexpr size_t digits = 32;
  if (name.size() != digits * 2 - 1) return std::nullopt;
  Address::Number number = 0;
  for (size_t i = 0; i < digits; ++i) {
    char c = name[name.size() - 1 - 2 * i];
    bool dot = i + 1 == digits || name[name.size() - 2 - 2 * i] == '.';
    int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0 || !dot) return std::nullopt;
    number = number << 4 | static_cast<unsigned>(value);
  }
  return Address(Family::ipv6, number);
}

}  // namespace

std::optional<Address> addressOfReverseName(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string_view rest(lower);
  for (auto [suffix, six] : {std::pair(std::string_view(".in-addr.arpa"), false),
                             std::pair(std::string_view(".ip6.arpa"), true)}) {
    if (!rest.ends_with(suffix)) continue;
    rest.remove_suffix(suffix.size());
    return six ? reverseIpv6(rest) : reverseIpv4(rest);
  }
  return std::nullopt;
}

}  // namespace stave::net::dns
