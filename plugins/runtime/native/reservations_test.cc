#include "reservations.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stave/os/control_socket.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/test_context.h>
#include <stave/testing/wait.h>

#include "programs.h"

namespace stave::native {
namespace {

/// Groundwork with a real monitor, and a directory that stands for the rest.
struct ReservationsTest : ::testing::Test {
  ~ReservationsTest() noexcept override {}

  Loop loop;
  testing::TempDirectory directory{"reservations"};
  testing::TestContext context{loop, directory.path()};
  std::vector<std::string> laid, cleared;
  pid_t lastMonitor = 0;
  kj::Maybe<kj::Exception> obstacle;
  std::shared_ptr<Reservations> reservations = std::make_shared<Reservations>(
      context, [this](auto id, auto cgroup) { return lay(id, cgroup); },
      [this](auto id, auto cgroup) -> kj::Promise<void> {
        os::removeTree(directory / id);
        cleared.push_back(cgroup);
        return kj::READY_NOW;
      });

  kj::Promise<Groundwork> lay(const std::string& id, const std::string& cgroup) {
    KJ_IF_MAYBE (exception, obstacle) return kj::cp(*exception);
    laid.push_back(cgroup);
    RunDirectory place(directory / id);
    place.begin(cgroup);
    os::Fd status = place.makeStatus();
    os::Fd control = os::listenSequenced(place.path(), "control");
    auto program = findProgram("", "stave-monitor");
    auto monitor = startMonitor(context.port(), program, status, control);
    lastMonitor = monitor.watch->pid();
    return Groundwork{place, kj::mv(monitor)};
  }
  Groundwork take(const std::string& id, const std::string& cgroup) {
    return testing::wait(loop, reservations->take(id, cgroup));
  }
  void end(Groundwork groundwork) {
    kj::Promise<void> dismissing = dismiss(kj::mv(groundwork.monitor));
    testing::wait(loop, kj::mv(dismissing));
  }
  bool monitorIsGone() { return kill(lastMonitor, 0) != 0; }
};

TEST_F(ReservationsTest, WhatWasReservedIsTakenOnce) {
  kj::Maybe<schema::Reservation::Client> reservation = reservations->reserve("a", "top/a");
  auto groundwork = take("a", "top/a");
  EXPECT_EQ(laid.size(), 1u);
  reservation = nullptr;
  testing::runFor(loop, 5 * kj::MILLISECONDS);
  EXPECT_FALSE(monitorIsGone()) << "the reservation was used; dropping it does nothing";
  EXPECT_TRUE(cleared.empty());
  end(kj::mv(groundwork));
}

TEST_F(ReservationsTest, WithoutAReservationItIsLaidNow) {
  end(take("a", "top/a"));
  EXPECT_EQ(laid, std::vector<std::string>{"top/a"});
}

TEST_F(ReservationsTest, WhatIsDroppedGoesMonitorAndAll) {
  { auto reservation = reservations->reserve("a", "top/a"); }
  testing::wait(loop, reservations->clear());
  EXPECT_TRUE(monitorIsGone());
  EXPECT_EQ(cleared, std::vector<std::string>{"top/a"});
  EXPECT_FALSE(os::exists(directory / "a"));
}

TEST_F(ReservationsTest, TakingWaitsUntilAFormerOneIsGone) {
  { auto reservation = reservations->reserve("a", "top/a"); }
  auto groundwork = take("a", "top/a");
  EXPECT_EQ(cleared.size(), 1u);
  EXPECT_EQ(laid.size(), 2u);
  end(kj::mv(groundwork));
}

TEST_F(ReservationsTest, OneForAnotherCgroupIsNotTaken) {
  auto reservation = reservations->reserve("a", "top/a");
  auto groundwork = take("a", "other/a");
  EXPECT_EQ(laid, (std::vector<std::string>{"top/a", "other/a"}));
  EXPECT_EQ(cleared, std::vector<std::string>{"top/a"});
  end(kj::mv(groundwork));
}

TEST_F(ReservationsTest, AnIdIsReservedOnce) {
  auto reservation = reservations->reserve("a", "top/a");
  auto again = [&] { reservations->reserve("a", "top/a"); };
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(again)) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::ALREADY_EXISTS);
  } else {
    ADD_FAILURE() << "reserved twice";
  }
  testing::wait(loop, reservations->clear());
}

TEST_F(ReservationsTest, WhatCouldNotBeLaidIsToldToWhoeverTakesIt) {
  obstacle = makeError(ErrorCode::EXHAUSTED, "no more cgroups");
  auto reservation = reservations->reserve("a", "top/a");
  EXPECT_EQ(testing::codeOfFailure(loop, reservations->take("a", "top/a")), ErrorCode::EXHAUSTED);
  { auto second = reservations->reserve("a", "top/a"); }
  testing::wait(loop, reservations->clear());
  EXPECT_TRUE(cleared.empty()) << "nothing was left of it";
}

}  // namespace
}  // namespace stave::native
