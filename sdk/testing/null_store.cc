#include <stave/store/service.h>
#include <stave/testing/null_services.h>

namespace stave::testing {

schema::Store::Client newNullStore(kj::Timer& timer) {
  return newMemoryStore(timer);
}

}  // namespace stave::testing
