/** TUN and TAP devices: network interfaces whose other end is a program, or nobody. */
@NullMarked
package org.mooring.linux.tun;

import org.jspecify.annotations.NullMarked;
