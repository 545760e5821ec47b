// node check-manifests.mjs MODULES FILE...: checks every object of rendered manifests against Kubernetes' own schemas, as the npm package
// kubernetes-models has them, and that names that refer to each other fit. Objects of the Prometheus operator have no schema there.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(resolve(modules, 'package.json'));
const {parseAllDocuments} = require('yaml');
const problems = [];
let checked = 0;

for (const file of files) {
  const objects = parseAllDocuments(readFileSync(file, 'utf8')).map(document => {
    problems.push(...document.errors.map(error => `${file}: ${error.message}`));
    return document.toJS();
  }).filter(Boolean);
  const names = new Set(objects.map(object => `${object.kind}/${object.metadata.name}`));
  for (const object of objects) {
    const where = `${file}: ${object.kind} ${object.metadata.name}`;
    if (object.apiVersion.startsWith('monitoring.coreos.com/')) continue;
    const group = object.apiVersion.includes('/') ? object.apiVersion : 'v1';
    try {
      const Model = require(`kubernetes-models/${group}/${object.kind}`)[object.kind];
      new Model(object).validate();
      checked++;
    } catch (error) {
      problems.push(`${where}: ${error.message}`);
    }
    if (object.kind !== 'StatefulSet') continue;
    const pod = object.spec.template.spec;
    const volumes = new Set([...(pod.volumes ?? []), ...(object.spec.volumeClaimTemplates ?? []).map(claim => claim.metadata)].map(v => v.name));
    for (const volume of pod.volumes ?? []) {
      if (volume.configMap && !names.has(`ConfigMap/${volume.configMap.name}`)) problems.push(`${where}: no ConfigMap ${volume.configMap.name}`);
    }
    if (!names.has(`Service/${object.spec.serviceName}`)) problems.push(`${where}: no Service ${object.spec.serviceName}`);
    for (const container of pod.containers) {
      for (const mount of container.volumeMounts) if (!volumes.has(mount.name)) problems.push(`${where}: no volume ${mount.name}`);
      const ports = new Set(container.ports.map(port => port.name));
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        if (!ports.has(container[probe].httpGet.port)) problems.push(`${where}: ${probe} asks a port that there is not`);
      }
    }
    for (const [key, value] of Object.entries(object.spec.selector.matchLabels)) {
      if (object.spec.template.metadata.labels?.[key] !== value) problems.push(`${where}: its selector does not find its pods`);
    }
  }
}
if (checked === 0) problems.push('no object was checked');
problems.forEach(problem => console.error(problem));
console.log(`${checked} Kubernetes objects: ${problems.length === 0 ? 'fine' : `${problems.length} problems`}`);
process.exit(problems.length === 0 ? 0 : 1);
