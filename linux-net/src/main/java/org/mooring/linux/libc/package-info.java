/**
 * The C library, for {@code org.mooring.linux} and below only: the one package with jnr-ffi. Calls answer as the kernel does,
 * with a result or with {@code -errno}; whoever calls knows what it was doing and makes the
 * {@link org.mooring.linux.KernelException}.
 */
@NullMarked
package org.mooring.linux.libc;

import org.jspecify.annotations.NullMarked;
