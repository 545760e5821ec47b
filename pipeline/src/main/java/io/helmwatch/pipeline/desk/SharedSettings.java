package io.helmwatch.pipeline.desk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.secret.UserInfo;
import io.helmwatch.config.stream.SharedCameras;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.FieldError;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a camera that a request wants in the topic of cameras. They are readable there, so that no secret may be among them; and they are
 * resolved by the node that runs the camera, so that they may name of the machine only what the configuration lets requests name. What is in the topic
 * already may stay, as long as the address does not change.
 *
 * <p>Threading: any thread.
 */
final class SharedSettings {
    /** What says where pictures come from, and with which secrets. */
    private static final List<String> OF_SOURCE = List.of("url", "credentials", "tls-ca-file");

    private static final String REFERENCE = "${";

    private final HelmwatchConfig config;
    private final Path folder;
    private final List<Integer> devices;

    /**
     * A reader.
     *
     * @param folder base of relative paths on the nodes
     * @param devices the GPUs in use; empty for all
     */
    SharedSettings(HelmwatchConfig config, Path folder, List<Integer> devices) {
        this.config = config;
        this.folder = folder;
        this.devices = List.copyOf(devices);
    }

    /**
     * The settings as they are to be stored.
     *
     * @param given what the request sent
     * @param stored what the topic has; null for a new camera
     * @throws RefusedException with what is wrong
     */
    ObjectNode completed(JsonNode given, @Nullable ObjectNode stored) {
        ObjectNode settings = SettingsJson.object(given);
        if (stored != null && isSameUrl(settings, stored)) {
            settings.set("url", stored.path("url"));
        } else {
            UserInfo user = UserInfo.of(settings.path("url").asText(""));
            if (user != null && !user.password().isEmpty()) {
                throw secret("url");
            }
        }
        if (UserInfo.of(settings.path("url").asText("")) == null) {
            settings = SettingsJson.complete(settings, stored);
        }
        if (settings.path("credentials").has("password")) {
            throw secret("credentials.password");
        }
        return settings;
    }

    /** Whether the address is as it is stored, or as that is shown. */
    private static boolean isSameUrl(ObjectNode settings, ObjectNode stored) {
        return settings.path("url").equals(stored.path("url"))
                || settings.path("url").equals(SettingsJson.shown(stored).path("url"));
    }

    private static RefusedException secret(String field) {
        String rule =
                "would be readable in the topic of cameras: give credentials.password-env, a variable that every node"
                        + " has and desk.password-variables lists";
        return RefusedException.refused(field + ": " + rule, List.of(new FieldError(field, rule)));
    }

    /**
     * Reads the settings as the node that runs the camera will.
     *
     * @param stored what the topic has; null for a new camera
     * @throws RefusedException with all problems, by key path
     */
    StreamConfig read(ObjectNode settings, @Nullable ObjectNode stored) {
        settings.properties().forEach(field -> {
            boolean isStored = stored != null && field.getValue().equals(stored.get(field.getKey()));
            if (!isStored && field.getValue().toString().contains(REFERENCE)) {
                String rule =
                        REFERENCE + "NAME} is for files: over HTTP only credentials.password-env names a variable";
                throw RefusedException.refused(
                        field.getKey() + ": " + rule, List.of(new FieldError(field.getKey(), rule)));
            }
        });
        boolean isSameSource = stored != null
                && OF_SOURCE.stream().allMatch(key -> settings.path(key).equals(stored.path(key)));
        if (!isSameSource) {
            new SettingsJson(folder, devices, config.desk().limits()).read(settings);
        }
        String id = settings.path("id").asText("");
        try {
            return SharedCameras.read(id, SettingsJson.text(settings), folder, System::getenv, devices);
        } catch (ConfigException e) {
            throw SettingsJson.refused(e);
        }
    }
}
