#pragma once

#include <capnp/capability.h>
#include <capnp/common.h>
#include <capnp/dynamic.h>
#include <capnp/schema.h>
#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <kj/function.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/schema/kernel.capnp.h>
#include <stave/schema/object.capnp.h>
#include <stave/schema/plugin.capnp.h>
#include <stave/task.h>
#include <stave/worker_pool.h>

#include <initializer_list>
#include <string>
#include <string_view>

/// What a plug-in author includes. A plug-in is one shared object that exports one symbol, made by
/// STAVE_PLUGIN; see sdk/template for a complete one.
namespace boost::asio {
class io_context;
}

namespace stave {

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

/// What a plug-in is given by its host; the same in the kernel's process and in one of its own.
class Context {
 public:
  virtual kj::Timer& timer() = 0;
  virtual kj::UnixEventPort& port() = 0;
  virtual kj::LowLevelAsyncIoProvider& fds() = 0;
  virtual WorkerPool& workers() = 0;

  /// Boost.Asio on the same thread. The first call switches the loop to nested mode.
  virtual boost::asio::io_context& asio() = 0;

  virtual schema::Broker::Client broker() = 0;
  virtual schema::Objects::Client objects() = 0;  ///< needs the grant "objects"
  virtual schema::EventBus::Client events() = 0;  ///< needs the grant "events"
  virtual std::string_view statePath() = 0;       ///< a directory of its own that survives a reboot
  virtual std::string_view runPath() = 0;         ///< one that does not
  virtual std::string_view nodeName() = 0;

  /// Another plug-in's service; outlives restarts of that plug-in. Needs the grant "KIND" or
  /// "KIND/NAME"; without it every call on the result fails [denied].
  template <typename Interface>
  typename Interface::Client service(std::string_view kind, std::string_view name = "") {
    return anyService(kind, name).castAs<Interface>();
  }
  virtual capnp::Capability::Client anyService(std::string_view kind, std::string_view name) = 0;

  virtual void log(schema::LogLevel level, std::string_view message, LogFields fields = {}) = 0;

  /// Work in the background. It is cancelled when the plug-in ends; its failure is logged.
  virtual void spawn(kj::Promise<void> work) = 0;

  /// The plug-in's own settings, checked against their schema, defaults filled in. Valid until
  /// reload.
  template <typename Settings>
  typename Settings::Reader settings() {
    return settingsMessage().template as<capnp::DynamicStruct>().template as<Settings>();
  }
  virtual capnp::DynamicValue::Reader settingsMessage() = 0;

  /// Called with new settings in place; returns whether they were taken. Without it a change of
  /// settings restarts the plug-in.
  virtual void onReload(kj::Function<bool()> callback) = 0;

  /// Called when the plug-in is asked to end, before it is ended.
  virtual void onStop(kj::Function<kj::Promise<void>()> callback) = 0;

 protected:
  ~Context() = default;
};

/// The binary contract. Plain data stands first, so that a plug-in built for another SDK is refused
/// before any of its code runs.
struct PluginEntry {
  static constexpr uint32_t magicNumber = 0x53'54'56'50;  // "STVP"
  static constexpr uint32_t currentAbi = 1;

  uint32_t magic;
  uint32_t abi;
  uint32_t size;
  uint32_t capnpVersion;
  uint32_t cxxAbi;
  const char* kind;
  const char* name;
  const char* version;
  const char* summary;
  const char* requirements;           // separated by spaces
  capnp::StructSchema (*settings)();  // null: it has none
  capnp::InterfaceSchema (*interface)();
  kj::Promise<capnp::Capability::Client> (*start)(Context&);
};

/// For plug-ins without settings.
struct NoSettings {};

namespace detail {

template <typename T>
constexpr capnp::StructSchema (*settingsSchemaOf())() {
  if constexpr (std::is_same_v<T, NoSettings>) {
    return nullptr;
  } else {
    return []() -> capnp::StructSchema { return capnp::Schema::from<T>(); };
  }
}

/// Waits for a promise or a task; a client or an owned server is the service already.
template <typename Interface, typename Started>
kj::Promise<capnp::Capability::Client> serviceOf(Started started) {
  using Client = typename Interface::Client;
  if constexpr (std::is_convertible_v<Started, kj::Promise<Client>>) {
    kj::Promise<Client> promise = kj::mv(started);
    return promise.then([](Client client) -> capnp::Capability::Client { return kj::mv(client); });
  } else {
    Client client = kj::mv(started);
    return capnp::Capability::Client(kj::mv(client));
  }
}

}  // namespace detail

}  // namespace stave

/// STAVE_PLUGIN(schema::Network, "network", "none", "1.0", "Pods without a network", "",
/// NoSettings, start)
///
/// `requirements`: services without which it cannot start, separated by spaces: "content runtime".
/// `Settings`: the Cap'n Proto struct that its TOML table is bound to. `start` takes a `Context&`,
/// which outlives what it returns: the service as a client or an owned server, or a `Task` or
/// promise of the client.
#define STAVE_PLUGIN(Interface, kind, name, version, summary, requirements, Settings,   \
                     startFunction)                                                     \
  static kj::Promise<capnp::Capability::Client> staveStart(::stave::Context& context) { \
    return ::stave::detail::serviceOf<Interface>(startFunction(context));               \
  }                                                                                     \
  extern "C" __attribute__((visibility("default"), used))                               \
  const ::stave::PluginEntry stave_plugin = {                                           \
      ::stave::PluginEntry::magicNumber,                                                \
      ::stave::PluginEntry::currentAbi,                                                 \
      sizeof(::stave::PluginEntry),                                                     \
      CAPNP_VERSION,                                                                    \
      __GXX_ABI_VERSION,                                                                \
      kind,                                                                             \
      name,                                                                             \
      version,                                                                          \
      summary,                                                                          \
      requirements,                                                                     \
      ::stave::detail::settingsSchemaOf<Settings>(),                                    \
      []() -> capnp::InterfaceSchema { return capnp::Schema::from<Interface>(); },      \
      &staveStart}
