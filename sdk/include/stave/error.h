#pragma once

#include <kj/exception.h>
#include <kj/string.h>
#include <stave/schema/common.capnp.h>

#include <string>
#include <string_view>

/// Errors that keep their meaning across RPC. The code travels as a prefix of the exception's text,
/// "[not-found] ...", because Cap'n Proto carries a type and a text only. `unavailable` is KJ's
/// DISCONNECTED, `exhausted` its OVERLOADED, `unsupported` its UNIMPLEMENTED; all else is FAILED.
namespace stave {

using schema::ErrorCode;

/// "not-found".
std::string_view nameOf(ErrorCode code);

kj::Exception makeError(ErrorCode code, std::string_view message,
                        const char* file = __builtin_FILE(), int line = __builtin_LINE());

/// Throws. The message says what was attempted, on what, why it failed, and what to do.
[[noreturn]] void fail(ErrorCode code, std::string_view message,
                       const char* file = __builtin_FILE(), int line = __builtin_LINE());

/// Throws with the text of `errorNumber`. ENOSPC, EDQUOT, ENOMEM, EMFILE and ENFILE are
/// `exhausted`, ENOENT is `notFound`, EEXIST `alreadyExists`, EACCES and EPERM `denied`,
/// ENAMETOOLONG `invalid`, EBUSY `conflict`, ENOSYS and EOPNOTSUPP `unsupported`, all else
/// `internal`.
[[noreturn]] void failErrno(std::string_view attempted, int errorNumber,
                            const char* file = __builtin_FILE(), int line = __builtin_LINE());

/// The code of an exception, wherever it was thrown. Foreign ones map by their KJ type.
ErrorCode codeOf(const kj::Exception& exception);

/// The text without the code's prefix and without what RPC put before it.
std::string textOf(const kj::Exception& exception);

/// The same error with something said in front: "pulling debian:12: " + text.
kj::Exception withContext(const kj::Exception& exception, std::string_view context);

}  // namespace stave
