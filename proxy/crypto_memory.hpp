// Recycled memory for OpenSSL. A TLS connection that keeps no buffers while idle asks for them anew
// at every record: four to six blocks a message. With this they come from a free list of the
// thread, so a keep-alive request over TLS costs no malloc and takes no lock. Blocks may be freed
// by any thread; they go to that thread's list. A list holds at most 128 KiB of each size class.
#pragma once

namespace proxy {

// For the whole process; call it in main, before anything else of OpenSSL. False where nothing was
// changed: OpenSSL already holds memory, or a sanitizer is at work, which must see every block.
bool use_recycling_crypto_memory();

}  // namespace proxy
