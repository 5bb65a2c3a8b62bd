// The main of every test program. Each test begins with the log as a program begins with it,
// whatever the test before it configured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.hpp"

namespace {

class FreshLog : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo&) override {
    sentinel::log::configure("", sentinel::log::Level::Info, sentinel::log::Format::Text);
  }
};

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  ::testing::UnitTest::GetInstance()->listeners().Append(new FreshLog);  // owned by gtest
  return RUN_ALL_TESTS();
}
