package org.mooring.migrator.host;

import org.mooring.qmp.QmpConnectionException;
import org.mooring.qmp.QmpEvent;
import org.mooring.qmp.QmpListener;

/** For a conversation of which only the answers matter. */
record Inattentive() implements QmpListener {
    @Override
    public void onEvent(QmpEvent event) {}

    @Override
    public void onDisconnected(QmpConnectionException why) {}
}
