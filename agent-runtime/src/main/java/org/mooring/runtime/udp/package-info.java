/** UDP 434 on Netty's epoll transport; the only package in which a datagram is a buffer. */
@NullMarked
package org.mooring.runtime.udp;

import org.jspecify.annotations.NullMarked;
