#include "stave/error.h"

#include <capnp/schema.h>
#include <kj/debug.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace stave {

namespace {

constexpr std::array<std::string_view, 13> names = {
    "internal",  "invalid",     "not-found",   "already-exists", "conflict",
    "denied",    "unavailable", "exhausted",   "too-old",        "unsupported",
    "cancelled", "deadline",    "unauthorized"};

constexpr std::string_view remotePrefix = "remote exception: ";

kj::Exception::Type typeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::UNAVAILABLE:
      return kj::Exception::Type::DISCONNECTED;
    case ErrorCode::EXHAUSTED:
      return kj::Exception::Type::OVERLOADED;
    case ErrorCode::UNSUPPORTED:
      return kj::Exception::Type::UNIMPLEMENTED;
    default:
      return kj::Exception::Type::FAILED;
  }
}

ErrorCode codeOfType(kj::Exception::Type type) {
  switch (type) {
    case kj::Exception::Type::DISCONNECTED:
      return ErrorCode::UNAVAILABLE;
    case kj::Exception::Type::OVERLOADED:
      return ErrorCode::EXHAUSTED;
    case kj::Exception::Type::UNIMPLEMENTED:
      return ErrorCode::UNSUPPORTED;
    default:
      return ErrorCode::INTERNAL;
  }
}

ErrorCode codeOfErrno(int errorNumber) {
  switch (errorNumber) {
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return ErrorCode::EXHAUSTED;
    case ENOENT:
      return ErrorCode::NOT_FOUND;
    case EEXIST:
      return ErrorCode::ALREADY_EXISTS;
    case EACCES:
    case EPERM:
      return ErrorCode::DENIED;
    case ENAMETOOLONG:
      return ErrorCode::INVALID;
    case EBUSY:
      return ErrorCode::CONFLICT;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::UNSUPPORTED;
    default:
      return ErrorCode::INTERNAL;
  }
}

/// The text behind what the RPC layer and kj::throwFatalException may have put in front.
std::string_view withoutRemotePrefix(std::string_view text) {
  while (text.starts_with(remotePrefix)) text.remove_prefix(remotePrefix.size());
  return text;
}

struct Parsed {
  kj::Maybe<ErrorCode> code;
  std::string_view text;
};

Parsed parse(std::string_view description) {
  auto text = withoutRemotePrefix(description);
  if (!text.starts_with('[')) return {nullptr, text};
  for (size_t i = 0; i < names.size(); i++) {
    auto name = names[i];
    if (text.size() > name.size() + 1 && text.substr(1, name.size()) == name &&
        text[name.size() + 1] == ']') {
      text.remove_prefix(name.size() + 2);
      if (text.starts_with(' ')) text.remove_prefix(1);
      return {static_cast<ErrorCode>(i), text};
    }
  }
  return {nullptr, text};
}

std::string_view view(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

}  // namespace

std::string_view nameOf(ErrorCode code) {
  auto index = static_cast<size_t>(code);
  return index < names.size() ? names[index] : names[0];
}

kj::Exception makeError(ErrorCode code, std::string_view message, const char* file, int line) {
  auto name = nameOf(code);
  return kj::Exception(typeOf(code), file, line,
                       kj::str("[", kj::ArrayPtr<const char>(name.data(), name.size()), "] ",
                               kj::ArrayPtr<const char>(message.data(), message.size())));
}

void fail(ErrorCode code, std::string_view message, const char* file, int line) {
  kj::throwFatalException(makeError(code, message, file, line));
}

void failErrno(std::string_view attempted, int errorNumber, const char* file, int line) {
  std::string message(attempted);
  message += ": ";
  message += strerror(errorNumber);
  fail(codeOfErrno(errorNumber), message, file, line);
}

ErrorCode codeOf(const kj::Exception& exception) {
  auto parsed = parse(view(exception.getDescription()));
  KJ_IF_MAYBE (code, parsed.code) {
    return *code;
  }
  return codeOfType(exception.getType());
}

std::string textOf(const kj::Exception& exception) {
  return std::string(parse(view(exception.getDescription())).text);
}

kj::Exception withContext(const kj::Exception& exception, std::string_view context) {
  std::string message(context);
  message += ": ";
  message += textOf(exception);
  return makeError(codeOf(exception), message, exception.getFile(), exception.getLine());
}

}  // namespace stave
