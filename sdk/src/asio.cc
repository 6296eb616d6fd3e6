// The one copy of Boost.Asio's implementation. Two copies in one process would each have a call
// stack of their own in thread-local storage and crash on the first event that crosses between
// them.
#include <boost/asio/impl/src.hpp>
