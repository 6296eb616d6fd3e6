#include "kernel/plugin/grants.h"

#include <algorithm>

#include "stave/error.h"

namespace stave::plugin {

namespace {

constexpr std::string_view objectsPrefix = "objects:";

}  // namespace

Grants::Grants(std::string owner, std::vector<std::string> grants)
    : owner_(std::move(owner)), grants_(std::move(grants)) {
  for (auto& grant : grants_) {
    bool malformed = grant.empty() || grant == objectsPrefix || grant.starts_with('/') ||
                     grant.ends_with('/') || grant.find(' ') != std::string::npos;
    if (malformed) {
      fail(ErrorCode::INVALID,
           "plug-in " + owner_ + ": \"" + grant +
               "\" is no grant; grants are objects, objects:KIND, events, kinds, "
               "kernel, KIND and KIND/NAME");
    }
  }
}

bool Grants::has(std::string_view grant) const {
  return std::find(grants_.begin(), grants_.end(), grant) != grants_.end();
}

bool Grants::objects(std::string_view kind) const {
  return has("objects") || has(std::string(objectsPrefix) + std::string(kind));
}

bool Grants::anyObjects() const {
  return std::any_of(grants_.begin(), grants_.end(), [](auto& grant) {
    return grant == "objects" || grant.starts_with(objectsPrefix);
  });
}

bool Grants::service(std::string_view kind, std::string_view name) const {
  if (has(kind)) return true;
  return has(std::string(kind) + "/" + std::string(name));
}

std::string Grants::hint(std::string_view grant) const {
  auto slash = owner_.find('/');
  return "plug-in " + owner_ + " has no grant \"" + std::string(grant) +
         "\"; add it to grants in [" + owner_.substr(0, slash) + "." + owner_.substr(slash + 1) +
         "]";
}

void Grants::deny(std::string_view what, std::string_view grant) const {
  fail(ErrorCode::DENIED, std::string(what) + " is out of reach: " + hint(grant));
}

}  // namespace stave::plugin
