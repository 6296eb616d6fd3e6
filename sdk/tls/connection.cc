#include <kj/compat/tls.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/tls.h>

namespace stave {

namespace {

constexpr std::string_view scheme = "tls://";
constexpr auto patience = 15 * kj::SECONDS;

kj::StringPtr pointer(const std::string& text) {
  return {text.c_str(), text.size()};
}

/// What a PEM file holds. `what` as the flag calls it: "cert".
template <typename Type>
Type readPem(const std::string& what, const std::string& path) {
  if (path.empty()) {
    fail(ErrorCode::INVALID, "TLS needs a file in PEM form: give --tls-" + what + " FILE");
  }
  auto text = os::readFile(path);
  kj::Maybe<Type> read;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { read = Type(pointer(text)); })) {
    auto wanted = what == "key" ? " no private key" : " no certificate";
    fail(ErrorCode::INVALID, "--tls-" + what + ": " + path + " holds" + wanted + " in PEM form");
  }
  return kj::mv(KJ_ASSERT_NONNULL(read));
}

/// KJ would silently show no certificate at all.
void requireMatch(const TlsOptions& files) {
  auto open = [](const std::string& text) {
    return std::unique_ptr<BIO, decltype(&BIO_free)>(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  };
  auto certificateText = os::readFile(files.certificate), keyText = os::readFile(files.key);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(open(certificateText).get(), nullptr, nullptr, nullptr), &X509_free);
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(open(keyText).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return;
  fail(ErrorCode::INVALID,
       "--tls-cert and --tls-key: " + files.key + " is not the key of " + files.certificate);
}

kj::Own<kj::TlsContext> contextOf(const TlsOptions& files) {
  auto authority = readPem<kj::TlsCertificate>("ca", files.authority);
  kj::TlsKeypair keypair{readPem<kj::TlsPrivateKey>("key", files.key),
                         readPem<kj::TlsCertificate>("cert", files.certificate)};
  requireMatch(files);
  kj::TlsContext::Options options;
  options.useSystemTrustStore = false;
  options.trustedCertificates = kj::arrayPtr(&authority, 1);
  options.defaultKeypair = keypair;
  return kj::heap<kj::TlsContext>(kj::mv(options));
}

class Secured final : public TlsConnection {
 public:
  explicit Secured(kj::Own<kj::AsyncIoStream> stream)
      : stream_(kj::mv(stream)),
        network_(*stream_, capnp::rpc::twoparty::Side::CLIENT),
        rpc_(capnp::makeRpcClient(network_)) {}

  capnp::Capability::Client peer() override {
    capnp::MallocMessageBuilder message(4);
    auto id = message.initRoot<capnp::rpc::twoparty::VatId>();
    id.setSide(capnp::rpc::twoparty::Side::SERVER);
    return rpc_.bootstrap(id);
  }
  kj::Promise<void> onDisconnect() override { return network_.onDisconnect(); }

 private:
  kj::Own<kj::AsyncIoStream> stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
};

bool isAlert(const std::string& text) {
  return text.find(" alert ") != std::string::npos;
}

kj::Exception refusedClient(const std::string& endpoint, const std::string& text) {
  auto seen = isAlert(text) ? " " : " closed the connection, as a daemon does that ";
  return makeError(ErrorCode::DENIED,
                   endpoint + seen + "does not accept this client's certificate: " + text);
}

/// What OpenSSL and KJ say, as a person wants to hear it.
kj::Exception explained(const std::string& endpoint, const kj::Exception& exception) {
  auto text = textOf(exception);
  auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
  if (has("not trusted") || has("verify failed")) {
    return makeError(ErrorCode::DENIED,
                     "the certificate of " + endpoint + " is not accepted: " + text);
  }
  if (isAlert(text)) return refusedClient(endpoint, text);
  return makeError(ErrorCode::UNAVAILABLE, endpoint + " does not answer: " + text);
}

Task<kj::Own<TlsConnection>> connectTo(kj::AsyncIoContext& io, std::string endpoint,
                                       TlsOptions options) {
  TlsAddress where(endpoint);
  auto context = contextOf(options);
  auto name = options.name.empty() ? where.host : options.name;
  auto bracketed = where.host.find(':') == where.host.npos ? where.host : "[" + where.host + "]";
  auto text = bracketed + ":" + where.port;
  auto address = co_await io.provider->getNetwork().parseAddress(pointer(text));
  auto stream = co_await address->connect();
  auto secured = co_await context->wrapClient(kj::mv(stream), pointer(name));
  kj::Own<TlsConnection> connection = kj::heap<Secured>(kj::mv(secured));
  // With TLS 1.3 only now is it known whether the other side takes this one's certificate. If not,
  // it is chance whether its alert is read or the request to the closed connection fails first.
  co_await connection->peer().whenResolved().catch_([&](kj::Exception&& exception) {
    kj::throwFatalException(refusedClient(endpoint, textOf(exception)));
  });
  co_return kj::mv(connection);
}

}  // namespace

TlsAddress::TlsAddress(std::string_view endpoint) {
  auto refuse = [&]() {
    fail(ErrorCode::INVALID, "\"" + std::string(endpoint) + "\" is not tls://HOST:PORT");
  };
  if (!endpoint.starts_with(scheme)) refuse();
  auto rest = endpoint.substr(scheme.size());
  bool bracketed = rest.starts_with('[');
  auto end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && end == rest.npos) refuse();
  host = rest.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
  rest = end == rest.npos ? "" : rest.substr(bracketed ? end + 1 : end);
  bool hasPort =
      rest.size() > 1 && rest[0] == ':' && rest.find_first_not_of("0123456789", 1) == rest.npos;
  if (host.empty() || (!rest.empty() && !hasPort)) refuse();
  if (hasPort) port = rest.substr(1);
}

Task<kj::Own<TlsConnection>> connectTls(kj::AsyncIoContext& io, std::string endpoint,
                                        TlsOptions options) {
  auto late = io.provider->getTimer().afterDelay(patience).then(
      []() -> kj::Promise<kj::Own<TlsConnection>> {
        return KJ_EXCEPTION(DISCONNECTED, "nothing came back in time");
      });
  auto explain = [endpoint](kj::Exception&& exception) -> kj::Promise<kj::Own<TlsConnection>> {
    auto code = codeOf(exception);
    bool told =
        code == ErrorCode::INVALID || code == ErrorCode::NOT_FOUND || code == ErrorCode::DENIED;
    if (told) return kj::mv(exception);
    return explained(endpoint, exception);
  };
  auto connecting = connectTo(io, endpoint, std::move(options)).promise();
  auto connection = co_await connecting.exclusiveJoin(kj::mv(late)).catch_(kj::mv(explain));
  co_return kj::mv(connection);
}

}  // namespace stave
