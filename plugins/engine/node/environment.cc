#include "environment.h"

#include <stave/error.h>

namespace stave::node {

void LoggedTasks::taskFailed(kj::Exception&& exception) {
  environment_.warn(what_ + ": " + textOf(exception));
}

}  // namespace stave::node
