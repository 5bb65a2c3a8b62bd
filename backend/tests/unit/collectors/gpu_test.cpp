// No machine of the test suite has a GPU: these use tests/support/nvml_stand_in.cpp in place of
// NVIDIA's library.
#include "collectors/sources/gpu.hpp"

#include <unistd.h>

#include "collector_test_support.hpp"

namespace sentinel::collectors {
namespace {

class GpuStandIn : public ::testing::Test {
 protected:
  ~GpuStandIn() override { unsetenv("NVML_STAND_IN"); }
  static void script(const std::string& text) { setenv("NVML_STAND_IN", text.c_str(), 1); }
  static auto only(pid_t wanted) {
    return [wanted](pid_t pid) { return pid == wanted; };
  }
};

TEST_F(GpuStandIn, AnAbsentLibraryIsAState) {
  Gpus gpus("/nowhere/libnvidia-ml.so.1");
  EXPECT_FALSE(gpus.present());
  EXPECT_EQ(gpus.state(), "none (/nowhere/libnvidia-ml.so.1 is not installed)");
  gpus.refresh();
  EXPECT_EQ(gpus.host(), std::nullopt);
  EXPECT_EQ(gpus.processes(only(1)), std::nullopt);
}

TEST_F(GpuStandIn, ALibraryThatIsNotNvmlIsNoGpu) {
  Gpus gpus("libm.so.6");
  EXPECT_EQ(gpus.state(), "none (libm.so.6 is not NVML)");
}

TEST_F(GpuStandIn, ADriverThatIsNotLoadedIsNoGpu) {
  script("fail init");
  EXPECT_EQ(Gpus(SENTINEL_NVML_STAND_IN).state(), "none (Driver Not Loaded)");
}

TEST_F(GpuStandIn, ADriverWithoutDevicesIsNoGpu) {
  script("devices 0");
  Gpus gpus(SENTINEL_NVML_STAND_IN);
  EXPECT_EQ(gpus.state(), "none (the driver lists no device)");
  EXPECT_FALSE(gpus.present());
}

TEST_F(GpuStandIn, TheHostHasTheMeanLoadAndTheSumOfMemory) {
  script("devices 2; gpu 0 40 1000; gpu 1 80 500");
  Gpus gpus(SENTINEL_NVML_STAND_IN);
  EXPECT_EQ(gpus.state(), "2 GPUs");
  gpus.refresh();
  auto use = gpus.host().value();
  EXPECT_EQ(use.count, 2u);
  EXPECT_DOUBLE_EQ(use.percent.value(), 60);
  EXPECT_EQ(use.memory_bytes, 1500u);
}

TEST_F(GpuStandIn, AnAgentHasWhatItsProcessesUse) {
  script("devices 2; process 0 10 30 100; process 1 10 50 200; process 1 11 9 300");
  Gpus gpus(SENTINEL_NVML_STAND_IN);
  gpus.refresh();
  auto both = gpus.processes([](pid_t) { return true; }).value();
  EXPECT_EQ(both.count, 2u);
  EXPECT_DOUBLE_EQ(both.percent.value(), (30.0 + 50 + 9) / 2);
  EXPECT_EQ(both.memory_bytes, 600u);
  auto one = gpus.processes(only(11)).value();
  EXPECT_EQ(one.count, 1u);
  EXPECT_DOUBLE_EQ(one.percent.value(), 9);
}

TEST_F(GpuStandIn, AProcessWithoutASampleIsIdle) {
  script("process 0 10 - 100; process 0 11 20 100");
  Gpus gpus(SENTINEL_NVML_STAND_IN);
  gpus.refresh();
  EXPECT_DOUBLE_EQ(gpus.processes(only(10))->percent.value(), 0);
  script("process 0 10 - 100");
  gpus.refresh();
  EXPECT_DOUBLE_EQ(gpus.processes(only(10))->percent.value(), 0) << "the driver says: not found";
}

TEST_F(GpuStandIn, WhatTheDriverDoesNotTellIsLeftOut) {
  script("fail load; process 0 10 30 -");
  Gpus gpus(SENTINEL_NVML_STAND_IN);
  EXPECT_EQ(gpus.state(), "1 GPU");
  gpus.refresh();
  auto use = gpus.processes(only(10)).value();
  EXPECT_EQ(use.count, 1u);
  EXPECT_EQ(use.percent, std::nullopt);
  EXPECT_EQ(use.memory_bytes, std::nullopt);
}

TEST_F(GpuStandIn, AnAgentThatUsesNoGpuHasACountOfZeroAndNoValues) {
  script("process 0 10 30 100");
  Gpus gpus(SENTINEL_NVML_STAND_IN);
  gpus.refresh();
  auto use = gpus.processes(only(99)).value();
  EXPECT_EQ(use.count, 0u);
  EXPECT_EQ(use.percent, std::nullopt);
  EXPECT_EQ(use.memory_bytes, std::nullopt);
}

TEST_F(GpuStandIn, ManyProcessesOnOneDeviceAllCount) {
  std::string text = "devices 1";
  for (int pid = 1; pid <= 50; ++pid) text += fmt::format("; process 0 {} 1 10", pid);
  script(text);
  Gpus gpus(SENTINEL_NVML_STAND_IN);
  gpus.refresh();
  EXPECT_EQ(gpus.processes([](pid_t) { return true; })->memory_bytes, 500u);
}

}  // namespace
}  // namespace sentinel::collectors
