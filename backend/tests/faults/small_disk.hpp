// A file system of its own, which is full when a file fills it.
#pragma once

#include <fmt/format.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sentinel::testing {

class SmallDisk {
 public:
  SmallDisk(const std::filesystem::path& folder, int megabytes) : folder_(folder) {
    std::filesystem::create_directories(folder_);
    mounted_ = mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
                     fmt::format("size={}m,mode=0711", megabytes).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // False where this program may not mount.
  bool mounted() const { return mounted_; }
  void fill() const {
    std::ofstream file(folder_ / "ballast", std::ios::binary);
    const std::string piece(64 * 1024, 'x');
    while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
  }
  void make_room() const { std::filesystem::remove(folder_ / "ballast"); }

 private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

}  // namespace sentinel::testing
