#include "kernel/object/metadata.h"

#include <stave/error.h>

#include <algorithm>

#include "kernel/object/validate.h"

namespace stave {

namespace {

constexpr size_t maximumKey = 1024;
constexpr size_t maximumEntries = 4096;
constexpr size_t maximumFinalizers = 32;
constexpr size_t maximumFinalizer = 253;
constexpr size_t maximumReason = 4096;

bool hasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; });
}

bool isWord(std::string_view text, size_t maximum) {
  return !text.empty() && text.size() <= maximum && !hasControlCharacter(text) &&
         text.find(' ') == std::string_view::npos && isValidUtf8(text);
}

bool isNamespace(std::string_view text) {
  if (text.empty() || text.size() > maximumNamespace) return false;
  auto alphanumeric = [](unsigned char letter) { return isalnum(letter) != 0; };
  return alphanumeric(text.front()) && alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](unsigned char letter) {
           return alphanumeric(letter) || letter == '-' || letter == '.' || letter == '_';
         });
}

[[noreturn]] void complain(const ObjectKey& key, std::string_view path, std::string_view what) {
  fail(ErrorCode::INVALID, key.text() + ": " + std::string(path) + ": " + std::string(what));
}

void checkName(const ObjectKey& key) {
  if (key.name.empty()) complain(key, "metadata.name", "must not be empty");
  if (key.name.size() > maximumName) complain(key, "metadata.name", "is longer than 512 bytes");
  if (hasControlCharacter(key.name)) {
    complain(key, "metadata.name", "must not have control characters");
  }
  if (!isValidUtf8(key.name)) complain(key, "metadata.name", "is not valid UTF-8");
}

}  // namespace

ObjectKey resolveKey(const Kinds& kinds, std::string_view kindWord, std::string_view space,
                     std::string_view name) {
  const Kind& kind = kinds.find(kindWord);
  ObjectKey key{kind.name, "", std::string(name)};
  if (kind.namespaced) {
    key.space = space.empty() ? "default" : std::string(space);
    if (!isNamespace(key.space)) {
      complain({kind.name, "", std::string(name.substr(0, maximumName))}, "metadata.namespace",
               "\"" + std::string(space.substr(0, 100)) +
                   "\" is no name of a namespace; use up to 63 letters, digits, '-', '.' and '_'");
    }
  } else if (!space.empty() && space != "default") {
    complain(key, "metadata.namespace", "must be empty: " + kind.plural + " have no namespace");
  }
  checkName(key);
  return key;
}

void checkNewName(const Kinds& kinds, const ObjectKey& key) {
  auto& rule = kinds.byName(key.kind)->names;
  if (rule.fits(key.name)) return;
  auto kind = lowerCase(key.kind);
  complain(key, "metadata.name",
           "\"" + key.name + "\" cannot be the name of a " + kind + ": it " + rule.text());
}

KeyValues checkedKeyValues(const ObjectKey& key, std::string_view path, size_t maximumValue,
                           capnp::List<schema::KeyValue>::Reader list) {
  if (list.size() > maximumEntries) complain(key, path, "has more than 4096 entries");
  KeyValues values;
  values.reserve(list.size());
  for (auto entry : list) {
    std::string_view name = view(entry.getKey());
    std::string_view value = view(entry.getValue());
    std::string where = std::string(path) + "[" + std::to_string(values.size()) + "]";
    if (!isWord(name, maximumKey)) {
      complain(key, where + ".key",
               name.empty() ? "must not be empty"
                            : "must have at most 1024 bytes and no spaces or control characters");
    }
    if (value.size() > maximumValue) {
      complain(key, where + ".value", "is longer than " + std::to_string(maximumValue) + " bytes");
    }
    if (!isValidUtf8(value)) complain(key, where + ".value", "is not valid UTF-8");
    values.emplace_back(name, value);
  }
  std::sort(values.begin(), values.end());
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i - 1].first == values[i].first) {
      complain(key, path, "\"" + std::string(values[i].first) + "\" is there twice");
    }
  }
  return values;
}

void checkFinalizer(const ObjectKey& key, std::string_view finalizer) {
  if (isWord(finalizer, maximumFinalizer)) return;
  complain(key, "metadata.finalizers",
           "a finalizer has 1 to 253 bytes and no spaces or control characters");
}

std::vector<std::string> checkedFinalizers(const ObjectKey& key,
                                           capnp::List<capnp::Text>::Reader list) {
  if (list.size() > maximumFinalizers) complain(key, "metadata.finalizers", "has more than 32");
  std::vector<std::string> finalizers;
  for (auto finalizer : list) {
    checkFinalizer(key, view(finalizer));
    if (std::find(finalizers.begin(), finalizers.end(), view(finalizer)) != finalizers.end()) {
      complain(key, "metadata.finalizers",
               "\"" + std::string(view(finalizer)) + "\" is there twice");
    }
    finalizers.emplace_back(view(finalizer));
  }
  return finalizers;
}

void checkCause(schema::Cause::Reader cause) {
  std::string_view reason = view(cause.getReason());
  auto object = cause.getObject();
  bool fits = reason.size() <= maximumReason && isValidUtf8(reason);
  for (auto text : {object.getKind(), object.getNamespace(), object.getName(), object.getUid()}) {
    fits = fits && text.size() <= maximumName && isValidUtf8(view(text));
  }
  if (!fits) {
    fail(ErrorCode::INVALID,
         "cause: the reason has at most 4096 bytes, a name at most 512, all valid UTF-8");
  }
}

}  // namespace stave
