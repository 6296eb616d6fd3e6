#include "kernel/rpc/endpoint.h"

#include <capnp/rpc-twoparty.h>
#include <fcntl.h>
#include <kj/compat/tls.h>
#include <sys/socket.h>

#include <cerrno>

#include "kernel/log/log.h"
#include "stave/connection.h"
#include "stave/error.h"
#include "stave/os/file.h"
#include "stave/task.h"

namespace stave::rpc {

namespace {

constexpr auto pauseWithoutDescriptors = 100 * kj::MILLISECONDS;

/// One TLS connection with its RPC system; lives until the client leaves.
struct TlsClient {
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;

  TlsClient(kj::Own<kj::AsyncIoStream> streamParameter, schema::Kernel::Client kernel)
      : stream(kj::mv(streamParameter)),
        network(*stream, capnp::rpc::twoparty::Side::SERVER),
        rpc(capnp::makeRpcServer(network, kj::mv(kernel))) {}
};

}  // namespace

Endpoint::Endpoint(Loop& loop, const config::Config& config, Bootstrap bootstrap)
    : loop_(loop), config_(config), bootstrap_(kj::mv(bootstrap)), tasks_(*this) {}

Endpoint::~Endpoint() noexcept(false) {
  if (listener_ != nullptr) os::removeFile(config_.socketPath());
}

void Endpoint::reserve() {
  auto settings = config_.main().getEndpoint();
  listener_ = os::listenUnix(config_.socketPath(), settings.getMode(), settings.getGroup().cStr());
  KJ_SYSCALL(fcntl(listener_, F_SETFL, O_NONBLOCK));
}

void Endpoint::listen() {
  auto settings = config_.main().getEndpoint();
  auto observer = kj::heap<kj::UnixEventPort::FdObserver>(
      loop_.port(), listener_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ);
  tasks_.add(acceptUnix(kj::mv(observer), listener_.get()));
  if (settings.getTls().getAddress().size() > 0) tasks_.add(listenTls(settings.getTls()));
}

kj::Promise<void> Endpoint::acceptUnix(kj::Own<kj::UnixEventPort::FdObserver> observer,
                                       int listener) {
  return async([this, observer = kj::mv(observer), listener]() mutable -> Task<> {
    while (true) {
      int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        tasks_.add(serveUnix(kj::AutoCloseFd(fd)));
      } else if (errno == EAGAIN) {
        co_await observer->whenBecomesReadable();
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        log(schema::LogLevel::WARNING, "endpoint", "no descriptors left for another client");
        co_await loop_.timer().afterDelay(pauseWithoutDescriptors);
      } else if (errno != EINTR && errno != ECONNABORTED) {
        failErrno("accepting a client", errno);
      }
    }
  });
}

kj::Promise<void> Endpoint::serveUnix(kj::AutoCloseFd socket) {
  auto client = clientOf(os::peerCredentials(socket), config_.main().getEndpoint());
  auto connection = kj::heap<Connection>(loop_.port(), kj::mv(socket), false, bootstrap_(client));
  auto gone = connection->onDisconnect();
  return gone.attach(kj::mv(connection));
}

kj::Promise<void> Endpoint::listenTls(schema::TlsConfig::Reader config) {
  auto read = [](kj::StringPtr what, kj::StringPtr path) {
    if (path.size() == 0) {
      fail(ErrorCode::INVALID, kj::str("endpoint.tls: ", what,
                                       " is missing; TCP is served with TLS and client "
                                       "certificates only")
                                   .cStr());
    }
    return os::readFile(path.cStr());
  };
  auto certificate = read("certificate", config.getCertificate());
  auto key = read("key", config.getKey());
  auto authority = read("clientCa", config.getClientCa());
  kj::TlsKeypair keypair{
      kj::TlsPrivateKey(kj::StringPtr(key.c_str(), key.size())),
      kj::TlsCertificate(kj::StringPtr(certificate.c_str(), certificate.size()))};
  kj::TlsCertificate trusted(kj::StringPtr(authority.c_str(), authority.size()));
  kj::TlsContext::Options options;
  options.useSystemTrustStore = false;
  options.verifyClients = true;
  options.defaultKeypair = keypair;
  options.trustedCertificates = kj::arrayPtr(&trusted, 1);
  auto context = kj::heap<kj::TlsContext>(kj::mv(options));
  auto text = kj::str(config.getAddress());
  return async([this, context = kj::mv(context), text = kj::mv(text)]() mutable -> Task<> {
    auto address = co_await loop_.io().provider->getNetwork().parseAddress(text, 7070);
    auto receiver = address->listen();
    while (true) {
      auto accepted = co_await receiver->acceptAuthenticated();
      tasks_.add(serveTls(*context, kj::mv(accepted)));  // a bad handshake ends that client alone
    }
  });
}

kj::Promise<void> Endpoint::serveTls(kj::TlsContext& context, kj::AuthenticatedStream accepted) {
  return context.wrapServer(kj::mv(accepted)).then([this](kj::AuthenticatedStream secured) {
    auto& peer = kj::downcast<kj::TlsPeerIdentity>(*secured.peerIdentity);
    auto name = kj::str(peer.getCommonName());
    auto client = clientOf(name.cStr(), config_.main().getEndpoint());
    auto served = kj::heap<TlsClient>(kj::mv(secured.stream), bootstrap_(client));
    auto gone = served->network.onDisconnect();
    return gone.attach(kj::mv(served));
  });
}

void Endpoint::taskFailed(kj::Exception&& exception) {
  log(schema::LogLevel::WARNING, "endpoint", "a client's connection failed: " + textOf(exception));
}

}  // namespace stave::rpc
