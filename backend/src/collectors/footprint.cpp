#include "collectors/footprint.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace sentinel::collectors {

namespace {

int release_segments(dl_phdr_info* object, size_t, void*) {
  static const auto page = static_cast<ElfW(Addr)>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    // Only what is as the file has it: a writable segment holds relocations and data.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    auto begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    auto end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void release_startup_memory() {
  malloc_trim(0);
  dl_iterate_phdr(release_segments, nullptr);
}

}  // namespace sentinel::collectors
