#include "kernel/plugin/method_table.h"

#include "stave/schemas.h"

namespace stave::plugin {

namespace {

constexpr uint64_t idempotentAnnotation = 0xc7a30b51f2e84d11;
constexpr uint64_t unboundedAnnotation = 0xa4d97e1b60c28f1b;

MethodTraits traitsOf(capnp::InterfaceSchema interface, capnp::InterfaceSchema::Method method) {
  MethodTraits traits;
  traits.name = kj::str(interface.getShortDisplayName(), ".", method.getProto().getName()).cStr();
  for (auto annotation : method.getProto().getAnnotations()) {
    if (annotation.getId() == idempotentAnnotation) traits.idempotent = true;
    if (annotation.getId() == unboundedAnnotation) traits.unbounded = true;
  }
  return traits;
}

}  // namespace

MethodTable::MethodTable() {
  for (auto schema : builtInSchemas()) loader_.load(schema.getProto());
}

void MethodTable::add(capnp::List<capnp::schema::Node>::Reader nodes) {
  for (auto node : nodes) loader_.load(node);
}

MethodTraits MethodTable::traits(uint64_t interfaceId, uint16_t method) {
  auto found = known_.find({interfaceId, method});
  if (found != known_.end()) return found->second;
  MethodTraits traits;
  traits.name = kj::str("interface ", kj::hex(interfaceId), " method ", method).cStr();
  KJ_IF_MAYBE (schema, loader_.tryGet(interfaceId)) {
    auto methods = schema->asInterface().getMethods();
    if (method < methods.size()) traits = traitsOf(schema->asInterface(), methods[method]);
  }
  known_.emplace(Key{interfaceId, method}, traits);
  return traits;
}

std::vector<capnp::Schema> MethodTable::all() const {
  auto loaded = loader_.getAllLoaded();
  return {loaded.begin(), loaded.end()};
}

}  // namespace stave::plugin
