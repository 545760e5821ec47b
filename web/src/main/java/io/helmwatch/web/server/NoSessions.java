package io.helmwatch.web.server;

import org.eclipse.jetty.ee10.servlet.SessionHandler;
import org.eclipse.jetty.session.NullSessionCache;
import org.eclipse.jetty.session.NullSessionDataStore;

/**
 * Keeps no session of Jetty's: it begins one with every WebSocket, which would be kept for ever, and sends its cookie. Logins are
 * {@link io.helmwatch.web.access.Sessions}. Threading: as Jetty's.
 */
final class NoSessions extends SessionHandler {
    NoSessions() {
        setUsingCookies(false);
        NullSessionCache nothing = new NullSessionCache(this);
        nothing.setSessionDataStore(new NullSessionDataStore());
        setSessionCache(nothing);
    }
}
