/** What happened when and where in a handover: the record that each host keeps of it, and how it is printed and drawn. */
@NullMarked
package org.mooring.timeline;

import org.jspecify.annotations.NullMarked;
