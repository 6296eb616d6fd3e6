#pragma once

#include <kj/function.h>
#include <stave/schema/plugin.capnp.h>

#include <string>
#include <vector>

#include "kernel/plugin/grants.h"

namespace stave::plugin {

/// What brokers reach into. Implemented by the parts of the kernel.
class Resources {
 public:
  virtual schema::Objects::Client objectsFor(const Grants& grants) = 0;
  virtual schema::EventBus::Client eventsFor(const Grants& grants) = 0;
  virtual schema::Kernel::Client kernelFor(const Grants& grants) = 0;
  virtual capnp::Capability::Client service(std::string_view kind, std::string_view name) = 0;
  virtual std::vector<std::string> names(std::string_view kind) = 0;
  virtual void log(schema::LogLevel level, std::string_view source, std::string_view message,
                   capnp::List<schema::KeyValue>::Reader fields) = 0;
};

struct BrokerPaths {
  std::string state, run, node;
};

/// The broker of one plug-in. Its directories are made when it asks for them.
schema::Broker::Client newBroker(Resources& resources, Grants grants, BrokerPaths paths);

}  // namespace stave::plugin
