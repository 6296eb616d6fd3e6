#pragma once

#include <capnp/dynamic.h>
#include <capnp/orphan.h>
#include <kj/function.h>
#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

/// JSON, and through it TOML and YAML, to Cap'n Proto and back. Strict: an unknown member, a wrong
/// type and a number out of range are errors [invalid] with the path of the field and, where there
/// is one, the nearest known name.
///
/// Text is a string, Data base64, an enum its name, a Void member of a union `true` or null,
/// numbers are numbers (64 bit ones are also taken from strings). Fields marked `$bytes` and
/// `$milliseconds` also take "128m" and "10s". A List(KeyValue) is an object {"name": "value"}, and
/// a list of structs only if a key repeats; both are taken. `null` leaves a field at its default.
/// The active member of a union is always written. A null struct is never written, and an
/// AnyPointer only if its schema is known.
namespace stave::json {

/// What stands behind an AnyPointer field: the schema of the struct, or nothing if it cannot be
/// known.
using AnyPointerSchema = kj::Function<kj::Maybe<capnp::StructSchema>(
    capnp::DynamicStruct::Reader parent, capnp::StructSchema::Field field)>;

struct Options {
  AnyPointerSchema* anyPointer = nullptr;
  bool defaults = false;  ///< encode also fields that have their default value
  bool showSecrets = true;
  /// Capabilities: made into JSON when encoding, found again when decoding. Null: they are left
  /// out, and given in JSON they are an error.
  kj::Function<nlohmann::json(capnp::DynamicCapability::Client)>* encodeCapability = nullptr;
  kj::Function<capnp::DynamicCapability::Client(const nlohmann::json&, capnp::InterfaceSchema)>*
      decodeCapability = nullptr;
};

/// Fills `target`. `path` is put before the path of a field in errors.
void decode(const nlohmann::json& value, capnp::DynamicStruct::Builder target,
            std::string_view path, const Options& options = {});

/// Fills one field, for values that come one by one.
void decodeField(const nlohmann::json& value, capnp::DynamicStruct::Builder target,
                 capnp::StructSchema::Field field, std::string_view path,
                 const Options& options = {});

nlohmann::json encode(capnp::DynamicValue::Reader value, const Options& options = {});
std::string encodeText(capnp::DynamicValue::Reader value, bool pretty, const Options& options = {});
void decodeText(std::string_view text, capnp::DynamicStruct::Builder target, std::string_view path,
                const Options& options = {});

}  // namespace stave::json

namespace stave {

/// The candidate that `word` was probably meant to be; empty if none is near.
std::string nearestName(std::string_view word, const std::vector<std::string>& candidates);

/// "128m", "2GiB", "1024" to bytes; "10s", "1m30s", "250ms" to milliseconds. Nothing if it is
/// neither.
kj::Maybe<uint64_t> parseBytes(std::string_view text);
kj::Maybe<uint64_t> parseMilliseconds(std::string_view text);

}  // namespace stave
