#pragma once

#include <capnp/schema.capnp.h>
#include <capnp/schema.h>

#include <cstdint>

/// The annotations of common.capnp, by id: Cap'n Proto generates no names for them.
namespace stave::annotations {

constexpr uint64_t idempotent = 0xc7a30b51f2e84d11;
constexpr uint64_t required = 0x9e6f20b4c1d75a12;
constexpr uint64_t minimum = 0xd40b8a37e95f1c13;
constexpr uint64_t maximum = 0x8f51c2d6073ae914;
constexpr uint64_t pattern = 0xa86d3e92b07f4c15;
constexpr uint64_t immutable = 0xf13c76a5d82b9e16;
constexpr uint64_t uniqueBy = 0xbb29f04e6a81d317;
constexpr uint64_t bytes = 0x92e7d1c05b3f6a18;
constexpr uint64_t milliseconds = 0xe5804fb9a26c7d19;
constexpr uint64_t secret = 0x88c5b7f1e03d921a;

/// The annotation's value on a field or method, if it carries the annotation.
template <typename Member>
kj::Maybe<capnp::schema::Value::Reader> find(const Member& member, uint64_t id) {
  for (auto annotation : member.getProto().getAnnotations()) {
    if (annotation.getId() == id) return annotation.getValue();
  }
  return nullptr;
}

template <typename Member>
bool has(const Member& member, uint64_t id) {
  return find(member, id) != nullptr;
}

}  // namespace stave::annotations
