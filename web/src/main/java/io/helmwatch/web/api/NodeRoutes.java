package io.helmwatch.web.api;

import io.helmwatch.web.Nodes;
import io.helmwatch.web.RefusedException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The nodes of a cluster. Threading: any thread. */
final class NodeRoutes {
    private final @Nullable Nodes nodes;

    NodeRoutes(@Nullable Nodes nodes) {
        this.nodes = nodes;
    }

    List<Route> routes() {
        return List.of(Route.get(
                "/nodes",
                "listNodes",
                "The nodes of the cluster that this service is part of; 404 where it is part of none",
                Nodes.NodeList.class,
                call -> Reply.json(nodes().now())));
    }

    private Nodes nodes() {
        if (nodes == null) {
            throw RefusedException.notFound("this service is not part of a cluster");
        }
        return nodes;
    }
}
