#pragma once

#include <kj/function.h>
#include <stave/schema/kernel.capnp.h>

#include <string>
#include <vector>

#include "kernel/plugin/plugin_set.h"
#include "kernel/rpc/rights.h"

namespace stave::rpc {

/// What a client's Kernel capability works on.
class KernelParts {
 public:
  virtual schema::Objects::Client objectsFor(const Client& client) = 0;
  virtual schema::EventBus::Client eventsFor(const Client& client) = 0;
  virtual plugin::PluginSet& plugins() = 0;
  virtual void fillInfo(schema::Info::Builder info) = 0;
  virtual kj::Promise<plugin::ReloadReport> reload() = 0;
  virtual void shutdown() = 0;
};

/// The kernel as one client may use it.
schema::Kernel::Client newKernelServer(KernelParts& parts, Client client);

}  // namespace stave::rpc
