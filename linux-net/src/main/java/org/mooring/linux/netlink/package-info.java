/**
 * Links, addresses, routes, neighbours, rules and filters of the kernel, by rtnetlink(7). What is changed here is changed idempotently:
 * {@code ensure} makes it so, {@code remove} is content when it is gone already. All of it concerns the network namespace in which
 * {@link org.mooring.linux.netlink.Netlink#open} was called.
 */
@NullMarked
package org.mooring.linux.netlink;

import org.jspecify.annotations.NullMarked;
