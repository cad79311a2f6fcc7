/**
 * What every Mooring daemon needs: the thread that owns its state ({@code loop}), UDP 434 ({@code udp}), its
 * configuration ({@code config}), its store ({@code store}), the socket it is asked and watched through ({@code control},
 * {@code metrics}), and how it is started and stopped ({@code cli}, {@code preflight}, {@code systemd}, {@code logging}).
 */
@NullMarked
package org.mooring.runtime;

import org.jspecify.annotations.NullMarked;
