package io.helmwatch.web.server;

import org.eclipse.jetty.ee10.servlet.SessionHandler;
import org.eclipse.jetty.session.DefaultSessionCache;
import org.eclipse.jetty.session.NullSessionDataStore;
import org.eclipse.jetty.session.SessionCache;

/**
 * Keeps no session of Jetty's: it begins one with every WebSocket, which would be kept for ever, and sends its cookie. Logins are
 * {@link io.helmwatch.web.access.Sessions}. Threading: as Jetty's.
 */
final class NoSessions extends SessionHandler {
    NoSessions() {
        setUsingCookies(false);
        DefaultSessionCache cache = new DefaultSessionCache(this);
        cache.setEvictionPolicy(SessionCache.EVICT_ON_SESSION_EXIT);
        cache.setSessionDataStore(new NullSessionDataStore());
        setSessionCache(cache);
    }
}
