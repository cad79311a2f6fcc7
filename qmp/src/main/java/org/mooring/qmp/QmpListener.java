package org.mooring.qmp;

/** Hears what QEMU says unasked. Called on the connection's event loop, in QEMU's order; must not block. */
public interface QmpListener {
    void onEvent(QmpEvent event);

    /**
     * The connection is over: QEMU ended, closed it, or broke the protocol. Called once, after the last event, and also after
     * {@link QmpClient#close()}; not when {@link QmpClient#connect} failed.
     */
    void onDisconnected(QmpConnectionException why);
}
