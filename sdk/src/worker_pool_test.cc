#include "stave/worker_pool.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>

#include <atomic>
#include <stdexcept>

namespace stave {
namespace {

class WorkerPoolTest : public testing::Test {
 protected:
  ~WorkerPoolTest() noexcept override {}

  kj::AsyncIoContext io = kj::setupAsyncIo();
};

TEST_F(WorkerPoolTest, ResultsComeBackOnTheLoop) {
  WorkerPool pool(2);
  auto here = std::this_thread::get_id();
  auto there = pool.run([]() { return std::this_thread::get_id(); }).wait(io.waitScope);
  EXPECT_NE(here, there);
}

TEST_F(WorkerPoolTest, ExceptionsComeBack) {
  WorkerPool pool(1);
  EXPECT_THROW(pool.run([]() -> int { throw std::runtime_error("broken"); }).wait(io.waitScope),
               kj::Exception);
  EXPECT_EQ(pool.run([]() { return 1; }).wait(io.waitScope), 1);
}

TEST_F(WorkerPoolTest, ManyJobsAllRun) {
  WorkerPool pool(3);
  std::atomic<int> count = 0;
  auto jobs = kj::heapArrayBuilder<kj::Promise<void>>(500);
  for (int i = 0; i < 500; i++) jobs.add(pool.run([&count]() { count++; }));
  kj::joinPromises(jobs.finish()).wait(io.waitScope);
  EXPECT_EQ(count, 500);
}

TEST_F(WorkerPoolTest, DroppedPromisesDoNoHarm) {
  WorkerPool pool(1);
  {
    auto dropped = pool.run([]() { return 1; });
  }
  EXPECT_EQ(pool.run([]() { return 2; }).wait(io.waitScope), 2);
}

}  // namespace
}  // namespace stave
