#include <fmt/format.h>
#include <stave/net/dns_message.h>
#include <stave/net/dns_server.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <random>

namespace stave::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

namespace {

using Bytes = std::shared_ptr<std::string>;
using Reply = std::function<void(std::string response)>;  ///< empty: no answer came

/// A new instance of the driver may listen before the old one has ended.
using SharedPort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

asio::ip::address toAsio(const Address& address) {
  auto bytes = address.bytes();
  if (address.isIpv4()) {
    asio::ip::address_v4::bytes_type four;
    std::copy_n(bytes.begin(), 4, four.begin());
    return asio::ip::address_v4(four);
  }
  return asio::ip::address_v6(bytes);
}

Address fromAsio(const asio::ip::address& address) {
  if (address.is_v4()) return Address::fromBytes(address.to_v4().to_bytes().data(), 4);
  return Address::fromBytes(address.to_v6().to_bytes().data(), 16);
}

std::string framed(const std::string& message) {
  std::string result;
  result += static_cast<char>(message.size() >> 8);
  result += static_cast<char>(message.size());
  return result + message;
}

size_t frameLength(const std::string& prefix) {
  return static_cast<uint8_t>(prefix[0]) << 8 | static_cast<uint8_t>(prefix[1]);
}

/// Asks one server once: over UDP from a port of its own, and over TCP if the answer was cut off.
/// Keeps itself alive until it has replied, once.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& context, udp::endpoint server, std::string query, size_t questionEnd,
           Reply reply)
      : udp_(context),
        tcp_(context),
        timer_(context),
        server_(std::move(server)),
        query_(std::move(query)),
        questionEnd_(questionEnd),
        reply_(std::move(reply)),
        buffer_(dns::largestMessage, '\0') {}

  void start(std::chrono::milliseconds timeout) {
    timer_.expires_after(timeout);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->finish({});
    });
    error_code error;
    udp_.open(server_.protocol(), error);
    if (!error) udp_.connect(server_, error);  // only this server's datagrams; a random local port
    if (!error) udp_.send(asio::buffer(query_), 0, error);
    if (error)
      return asio::post(udp_.get_executor(), [self = shared_from_this()] { self->finish({}); });
    receive();
  }

 private:
  void receive() {
    udp_.async_receive(asio::buffer(buffer_),
                       [self = shared_from_this()](error_code error, size_t size) {
                         if (error) return self->finish({});
                         std::string_view response(self->buffer_.data(), size);
                         if (!dns::answers(response, self->query_, self->questionEnd_))
                           return self->receive();
                         if (dns::isTruncated(response)) return self->askOverTcp();
                         self->finish(std::string(response));
                       });
  }

  void askOverTcp() {
    tcp::endpoint server(server_.address(), server_.port());
    tcp_.async_connect(server, [self = shared_from_this()](error_code error) {
      if (error) return self->finish({});
      auto out = std::make_shared<std::string>(framed(self->query_));
      asio::async_write(self->tcp_, asio::buffer(*out), [self, out](error_code error, size_t) {
        error ? self->finish({}) : self->readLength();
      });
    });
  }

  void readLength() {
    buffer_.resize(2);
    asio::async_read(
        tcp_, asio::buffer(buffer_), [self = shared_from_this()](error_code error, size_t) {
          if (error) return self->finish({});
          self->buffer_.resize(frameLength(self->buffer_));
          asio::async_read(
              self->tcp_, asio::buffer(self->buffer_), [self](error_code error, size_t) {
                bool good = !error && dns::answers(self->buffer_, self->query_, self->questionEnd_);
                self->finish(good ? self->buffer_ : std::string());
              });
        });
  }

  void finish(std::string response) {
    auto reply = std::move(reply_);
    reply_ = nullptr;
    error_code ignored;
    timer_.cancel();
    udp_.close(ignored);
    tcp_.close(ignored);
    if (reply) reply(std::move(response));
  }

  udp::socket udp_;
  tcp::socket tcp_;
  asio::steady_timer timer_;
  udp::endpoint server_;
  std::string query_;
  size_t questionEnd_;
  Reply reply_;
  std::string buffer_;
};

}  // namespace

/// Shared with handlers under way, which find it closed after the server is gone.
class DnsServer::State : public std::enable_shared_from_this<DnsServer::State> {
 public:
  State(asio::io_context& context, const DnsDirectory& directory, DnsOptions options)
      : context_(context), directory_(&directory), options_(std::move(options)) {}

  void close() {
    directory_ = nullptr;
    keepOnly({});
  }

  void open(const Address& address);
  void keepOnly(const std::set<Address>& addresses) {
    std::erase_if(listeners_, [&](auto& entry) {
      bool unwanted = !addresses.contains(entry.first);
      if (unwanted) entry.second->close();
      return unwanted;
    });
  }
  bool listensAt(const Address& address) const { return listeners_.contains(address); }

 private:
  struct Listener {
    explicit Listener(asio::io_context& context) : datagrams(context), connections(context) {}
    void close() {  // handlers under way hold the object, so it must be said
      error_code ignored;
      datagrams.close(ignored);
      connections.close(ignored);
    }
    udp::socket datagrams;
    tcp::acceptor connections;
    udp::endpoint sender;
    std::string buffer = std::string(dns::largestMessage, '\0');
  };
  struct Connection {
    explicit Connection(tcp::socket accepted)
        : socket(std::move(accepted)), idle(socket.get_executor()) {}
    tcp::socket socket;
    asio::steady_timer idle;
    std::string buffer;
  };
  struct Forward {
    std::string query;
    dns::Query parsed;
    unsigned attempt = 0;
    Reply reply;
  };

  void receive(std::shared_ptr<Listener> listener);
  void accept(std::shared_ptr<Listener> listener);
  void serve(std::shared_ptr<Connection> connection, Address source);
  void answer(std::string message, const Address& source, bool datagram, Reply reply);
  std::optional<std::string> ownAnswer(const std::string& message, const dns::Query& query,
                                       const DnsDirectory::Asker& asker, size_t limit);
  void forward(std::string message, dns::Query query, Reply reply);
  void tryNext(std::shared_ptr<Forward> forward);

  asio::io_context& context_;
  const DnsDirectory* directory_;
  DnsOptions options_;
  std::map<Address, std::shared_ptr<Listener>> listeners_;
  unsigned outstanding_ = 0;
  unsigned connections_ = 0;
  std::random_device random_;
};

void DnsServer::State::open(const Address& address) {
  if (listeners_.contains(address)) return;
  auto listener = std::make_shared<Listener>(context_);
  auto ip = toAsio(address);
  listener->datagrams.open(ip.is_v4() ? udp::v4() : udp::v6());
  listener->datagrams.set_option(SharedPort(true));
  listener->datagrams.bind({ip, options_.port});
  listener->connections.open(ip.is_v4() ? tcp::v4() : tcp::v6());
  listener->connections.set_option(tcp::acceptor::reuse_address(true));
  listener->connections.set_option(SharedPort(true));
  listener->connections.bind({ip, options_.port});
  listener->connections.listen();
  listeners_[address] = listener;
  receive(listener);
  accept(listener);
}

void DnsServer::State::receive(std::shared_ptr<Listener> listener) {
  auto& target = *listener;
  target.datagrams.async_receive_from(
      asio::buffer(target.buffer), target.sender,
      [self = shared_from_this(), listener](error_code error, size_t size) {
        if (error == asio::error::operation_aborted || self->directory_ == nullptr) return;
        if (!error) {
          auto sender = listener->sender;
          self->answer(listener->buffer.substr(0, size), fromAsio(sender.address()), true,
                       [listener, sender](std::string response) {
                         error_code ignored;  // a pod that is gone needs no answer
                         listener->datagrams.send_to(asio::buffer(response), sender, 0, ignored);
                       });
        }
        self->receive(listener);
      });
}

void DnsServer::State::accept(std::shared_ptr<Listener> listener) {
  listener->connections.async_accept(
      [self = shared_from_this(), listener](error_code error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || self->directory_ == nullptr) return;
        error_code gone;
        auto peer = error ? tcp::endpoint() : socket.remote_endpoint(gone);
        if (!error && !gone && self->connections_ < self->options_.maximumConnections) {
          ++self->connections_;
          auto connection = std::shared_ptr<Connection>(new Connection(std::move(socket)),
                                                        [self](Connection* finished) {
                                                          --self->connections_;
                                                          delete finished;
                                                        });
          self->serve(connection, fromAsio(peer.address()));
        }
        self->accept(listener);
      });
}

/// One question after the other; ten seconds without one end the connection.
void DnsServer::State::serve(std::shared_ptr<Connection> connection, Address source) {
  connection->idle.expires_after(std::chrono::seconds(10));
  connection->idle.async_wait([weak = std::weak_ptr(connection)](error_code error) {
    auto connection = weak.lock();
    error_code ignored;
    if (!error && connection) connection->socket.close(ignored);
  });
  connection->buffer.resize(2);
  auto self = shared_from_this();
  auto onMessage = [self, connection, source](error_code error, size_t) {
    if (error || self->directory_ == nullptr) return;
    self->answer(connection->buffer, source, false,
                 [self, connection, source](std::string response) {
                   if (response.empty()) return;
                   auto out = std::make_shared<std::string>(framed(response));
                   asio::async_write(connection->socket, asio::buffer(*out),
                                     [self, connection, source, out](error_code error, size_t) {
                                       if (!error) self->serve(connection, source);
                                     });
                 });
  };
  asio::async_read(connection->socket, asio::buffer(connection->buffer),
                   [connection, onMessage](error_code error, size_t) {
                     if (error) return;
                     connection->buffer.resize(frameLength(connection->buffer));
                     asio::async_read(connection->socket, asio::buffer(connection->buffer),
                                      onMessage);
                   });
}

void DnsServer::State::answer(std::string message, const Address& source, bool datagram,
                              Reply reply) {
  auto query = dns::parseQuery(message);
  if (!query) return;  // an answer to garbage would only help whoever forges addresses
  auto limit = datagram ? query->udpLimit : dns::largestMessage;
  auto asker = directory_->asker(source);
  if (!asker) return reply(dns::respond(message, *query, dns::Code::refused, {}, limit));
  if (auto own = ownAnswer(message, *query, *asker, limit)) return reply(*own);
  if (!asker->outside) return reply(dns::respond(message, *query, dns::Code::noName, {}, limit));
  auto kept = std::make_shared<std::string>(message);
  forward(std::move(message), *query, [query = *query, limit, kept, reply](std::string response) {
    if (response.empty()) {
      return reply(dns::respond(*kept, query, dns::Code::failure, {}, limit));
    }
    reply(dns::fit(std::move(response), query, limit));
  });
}

std::optional<std::string> DnsServer::State::ownAnswer(const std::string& message,
                                                       const dns::Query& query,
                                                       const DnsDirectory::Asker& asker,
                                                       size_t limit) {
  if (query.klass != dns::classIn) return std::nullopt;
  if (query.type == dns::typePtr) {
    auto address = dns::addressOfReverseName(query.name);
    if (!address) return std::nullopt;
    auto found = directory_->reverse(asker, *address);
    if (!found.ours) return std::nullopt;
    auto code = found.name.empty() ? dns::Code::noName : dns::Code::ok;
    return dns::respond(message, query, code, {{}, found.name}, limit);
  }
  auto four = directory_->resolve(asker, query.name, Family::ipv4);
  if (!four.known) return std::nullopt;
  dns::Content content;
  if (query.type == dns::typeA || query.type == dns::typeAny) content.addresses = four.addresses;
  if (query.type == dns::typeAaaa || query.type == dns::typeAny) {
    auto six = directory_->resolve(asker, query.name, Family::ipv6).addresses;
    content.addresses.insert(content.addresses.end(), six.begin(), six.end());
  }
  return dns::respond(message, query, dns::Code::ok, content, limit);
}

void DnsServer::State::forward(std::string message, dns::Query query, Reply reply) {
  if (options_.upstream.empty() || outstanding_ >= options_.maximumOutstanding) return reply({});
  ++outstanding_;
  auto forward = std::make_shared<Forward>();
  auto id = query.id;
  forward->query = std::move(message);
  forward->parsed = std::move(query);
  forward->reply = [self = shared_from_this(), id, reply](std::string response) {
    --self->outstanding_;
    dns::setId(response, id);
    reply(std::move(response));
  };
  tryNext(forward);
}

void DnsServer::State::tryNext(std::shared_ptr<Forward> forward) {
  if (forward->attempt == options_.attempts) return forward->reply({});
  auto place = forward->attempt++ % options_.upstream.size();
  auto& server = options_.upstream[place];
  if (listeners_.contains(server)) return tryNext(forward);  // that is ourselves
  uint16_t port = place < options_.upstreamPorts.size() ? options_.upstreamPorts[place] : 53;
  dns::setId(forward->query, static_cast<uint16_t>(random_()));
  auto onReply = [self = shared_from_this(), forward](std::string response) {
    if (response.empty() && self->directory_ != nullptr) return self->tryNext(forward);
    forward->reply(std::move(response));
  };
  auto exchange = std::make_shared<Exchange>(context_, udp::endpoint(toAsio(server), port),
                                             forward->query, forward->parsed.questionEnd, onReply);
  exchange->start(std::chrono::milliseconds(options_.timeoutMs));
}

DnsServer::DnsServer(asio::io_context& context, const DnsDirectory& directory, DnsOptions options)
    : state_(std::make_shared<State>(context, directory, std::move(options))) {}

DnsServer::~DnsServer() {
  state_->close();
}

std::vector<std::string> DnsServer::listen(const std::vector<Address>& addresses) {
  std::vector<std::string> problems;
  state_->keepOnly({addresses.begin(), addresses.end()});
  for (auto& address : addresses) {
    try {
      state_->open(address);
    } catch (const boost::system::system_error& error) {
      problems.push_back(fmt::format("listening at {}: {}", address.text(), error.what()));
    }
  }
  return problems;
}

bool DnsServer::listensAt(const Address& address) const {
  return state_->listensAt(address);
}

std::vector<Address> nameserversIn(std::string_view resolvConf) {
  std::vector<Address> servers;
  while (!resolvConf.empty()) {
    auto line = resolvConf.substr(0, resolvConf.find('\n'));
    resolvConf.remove_prefix(std::min(resolvConf.size(), line.size() + 1));
    if (!line.starts_with("nameserver") || line.size() < 11) continue;
    auto begin = line.find_first_not_of(" \t", 10);
    if (begin == 10 || begin == line.npos) continue;
    auto text = line.substr(begin, line.find_first_of(" \t\r#%", begin) - begin);
    if (auto address = Address::tryParse(text)) servers.push_back(*address);
  }
  return servers;
}

}  // namespace stave::net
