package io.helmwatch.web.relay;

import io.helmwatch.web.Relay.Subject;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Where other nodes of the cluster are. Threading: any thread; nothing here waits. */
public interface Peers {

    /** The other node that has something; null where that is this node, or none. */
    @Nullable
    String nodeOf(Subject subject, String id);

    /** Where the desk of a node of this cluster is, as the node itself says; null for one that is not known, silent, or has no desk. */
    @Nullable
    URI desk(String node);
}
