#include "fake_registry.h"

#include <stave/image/digest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <list>
#include <thread>

#include "fake_replies.h"

namespace stave::oci {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

/// Listens on one thread and serves each connection on one of its own.
struct FakeRegistry::State {
  asio::io_context io;
  Tcp::acceptor acceptor{io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  FakeContents contents;
  std::mutex mutex;
  bool stopping = false;
  std::list<std::shared_ptr<Tcp::socket>> open;
  std::vector<std::thread> workers;
  std::thread listener;

  void listen();
  void serve(std::shared_ptr<Tcp::socket> socket);
  bool serveOne(Tcp::socket& socket, asio::streambuf& buffer);
  void send(Tcp::socket& socket, const FakeReply& reply, bool head);
  void stop();
};

void FakeRegistry::State::listen() {
  for (;;) {
    auto socket = std::make_shared<Tcp::socket>(io);
    boost::system::error_code error;
    acceptor.accept(*socket, error);
    std::lock_guard lock(mutex);
    if (stopping || error) return;
    open.push_back(socket);
    workers.emplace_back([this, socket] { serve(socket); });
  }
}

void FakeRegistry::State::serve(std::shared_ptr<Tcp::socket> socket) {
  asio::streambuf buffer;
  try {
    while (serveOne(*socket, buffer)) {
    }
  } catch (const boost::system::system_error&) {
    // the client went away
  }
  boost::system::error_code ignored;
  socket->shutdown(Tcp::socket::shutdown_both, ignored);
}

bool FakeRegistry::State::serveOne(Tcp::socket& socket, asio::streambuf& buffer) {
  boost::system::error_code error;
  size_t size = asio::read_until(socket, buffer, "\r\n\r\n", error);
  if (error) return false;
  std::string head(asio::buffers_begin(buffer.data()), asio::buffers_begin(buffer.data()) + size);
  buffer.consume(size);
  FakeRequest request = parseRequest(head);
  uint64_t length = request.contentLength();
  if (buffer.size() < length) {
    asio::read(socket, buffer, asio::transfer_exactly(length - buffer.size()));
  }
  request.body.assign(asio::buffers_begin(buffer.data()),
                      asio::buffers_begin(buffer.data()) + length);
  buffer.consume(length);
  FakeReply reply = contents.answer(request);
  send(socket, reply, request.method == "HEAD");
  return reply.truncateAfter < 0 && reply.stall.count() == 0;
}

void FakeRegistry::State::send(Tcp::socket& socket, const FakeReply& reply, bool head) {
  asio::write(socket, asio::buffer(reply.head()));
  if (head) return;
  std::string body = reply.body;
  if (reply.truncateAfter >= 0) body.resize(std::min<size_t>(body.size(), reply.truncateAfter));
  if (reply.stall.count() > 0) {
    asio::write(socket, asio::buffer(body.data(), body.size() / 2));
    std::this_thread::sleep_for(reply.stall);
    return;
  }
  asio::write(socket, asio::buffer(body));
}

void FakeRegistry::State::stop() {
  boost::system::error_code ignored;
  {
    std::lock_guard lock(mutex);
    stopping = true;
    for (auto& socket : open) socket->shutdown(Tcp::socket::shutdown_both, ignored);
  }
  Tcp::socket wake(io);  // accept() returns for a connection only
  wake.connect(acceptor.local_endpoint(), ignored);
  listener.join();
  for (std::thread& worker : workers) worker.join();
}

FakeRegistry::FakeRegistry() : state_(std::make_shared<State>()) {
  state_->contents.host = host();
  state_->listener = std::thread([state = state_.get()] { state->listen(); });
}

FakeRegistry::~FakeRegistry() {
  state_->stop();
}

std::string FakeRegistry::host() const {
  return "127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port());
}

std::string FakeRegistry::addBlob(const std::string& bytes) {
  return state_->contents.addBlob(bytes);
}

std::string FakeRegistry::addManifest(const std::string& repository, const std::string& tag,
                                      const std::string& bytes, const std::string& mediaType) {
  return state_->contents.addManifest(repository, tag, bytes, mediaType);
}

void FakeRegistry::requireBasic(const std::string& username, const std::string& password) {
  state_->contents.configure([&](FakeRules& rules) {
    rules.scheme = "basic";
    rules.username = username;
    rules.password = password;
  });
}

void FakeRegistry::requireBearer(const std::string& username, const std::string& password) {
  state_->contents.configure([&](FakeRules& rules) {
    rules.scheme = "bearer";
    rules.username = username;
    rules.password = password;
  });
}

void FakeRegistry::forgetTokens() {
  state_->contents.configure([](FakeRules& rules) { ++rules.tokenGeneration; });
}

void FakeRegistry::supportRanges(bool yes) {
  state_->contents.configure([&](FakeRules& rules) { rules.ranges = yes; });
}

void FakeRegistry::redirectBlobsTo(const std::string& host) {
  state_->contents.configure([&](FakeRules& rules) { rules.redirect = host; });
}

void FakeRegistry::pageTagsBy(size_t count) {
  state_->contents.configure([&](FakeRules& rules) { rules.pageSize = count; });
}

void FakeRegistry::offerSearch(const std::string& json) {
  state_->contents.configure([&](FakeRules& rules) { rules.search = json; });
}

void FakeRegistry::addFault(Fault fault) {
  state_->contents.configure([&](FakeRules& rules) { rules.faults.push_back(fault); });
}

std::vector<LoggedRequest> FakeRegistry::requests() const {
  return state_->contents.log();
}

size_t FakeRegistry::countOf(const std::string& where) const {
  size_t count = 0;
  for (const LoggedRequest& request : requests()) {
    if (request.line.find(where) != std::string::npos) ++count;
  }
  return count;
}

bool FakeRegistry::hasBlob(const std::string& digest) const {
  return state_->contents.hasBlob(digest);
}

std::string FakeRegistry::manifestOf(const std::string& repository, const std::string& tag) const {
  return state_->contents.manifestOf(repository, tag);
}

}  // namespace stave::oci
