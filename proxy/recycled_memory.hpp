// Recycled memory: blocks that are freed go to a free list of the thread and are handed out again
// from there, without a lock and without malloc. For OpenSSL, which asks for its buffers anew at
// every record, and for `operator new`, to which Asio turns for coroutine frames when more
// exchanges overlap than its own cache of a few blocks can hold. Blocks may be freed by any thread;
// they go to that thread's list. A list keeps at most 256 KiB of each size class up to 2 KiB, and
// 128 KiB of each larger one; what is more goes back to malloc. Under a sanitizer, which must see
// every block, none of this is there.
#pragma once

namespace proxy {

// `operator new` needs no call. This one is for the whole process: make it in main, before anything
// else of OpenSSL. False where nothing was changed: OpenSSL already holds memory, or a sanitizer is
// at work.
bool use_recycled_memory_for_openssl();

}  // namespace proxy
