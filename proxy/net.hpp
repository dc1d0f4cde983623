// The one place that names Asio and Beast: what it includes is precompiled, so that a file that
// needs the network pays for it once. Also the house's shorthand for them.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace proxy {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

// Concrete executor: `any_io_executor` costs a virtual call and a copy at every operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

template <class T = void>
using Task = asio::awaitable<T, Executor>;

// Completion token: errors come back as values, `auto [error, size] = co_await ...`.
inline constexpr auto as_result = asio::as_tuple(asio::deferred);

}  // namespace proxy
