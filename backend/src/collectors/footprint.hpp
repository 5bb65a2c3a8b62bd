// Keeps the collector small: it shares the machine with what it watches.
#pragma once

namespace sentinel::collectors {

// Gives back what only starting needed: free heap, and the pages of code and constants that were
// touched while linking and reading settings. Pages that are needed again come back from the page
// cache one by one.
void release_startup_memory();

}  // namespace sentinel::collectors
