#include <stave/net/dns_message.h>

/// Whatever arrives on port 53: parsed, answered, cut and matched against itself.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace stave::net;
  std::string_view message(reinterpret_cast<const char*>(data), size);
  auto query = dns::parseQuery(message);
  dns::isTruncated(message);
  dns::isResponse(message);
  if (!query) return 0;
  dns::addressOfReverseName(query->name);
  dns::Content content{{Address(Family::ipv4, 1), Address(Family::ipv6, 2)}, query->name, 1};
  auto response = dns::respond(message, *query, dns::Code::ok, content, query->udpLimit);
  if (!dns::answers(response, message, query->questionEnd)) __builtin_trap();
  if (dns::fit(response, *query, query->questionEnd).size() != query->questionEnd) __builtin_trap();
  return 0;
}
