/** What Linux calls interface, MAC address, sysctl and errno, as values. The sub-packages talk to the kernel. */
@NullMarked
package org.mooring.linux;

import org.jspecify.annotations.NullMarked;
