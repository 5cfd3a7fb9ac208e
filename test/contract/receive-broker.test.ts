/** config/receive/mosquitto.conf and its access list in a real mosquitto, with certificates made here. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../fixtures/free-port.ts';
import { hasMosquitto, mosquittoProgram } from '../fixtures/mosquitto.ts';
import { needs } from '../fixtures/programs.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const shipped = (name: string): string =>
  readFileSync(new URL(`../../config/receive/${name}`, import.meta.url), 'utf8');

/** An authority and a certificate of it for localhost. */
function makeCertificates(dir: string): void {
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=plant'];
  openssl('req', '-x509', ...key, ...ca, '-days', '2');
  openssl('req', ...key, '-keyout', 'broker.key', '-out', 'broker.csr', '-subj', '/CN=localhost');
  writeFileSync(join(dir, 'names'), 'subjectAltName=DNS:localhost');
  const signed = ['-in', 'broker.csr', '-out', 'broker.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key'];
  openssl('x509', '-req', ...signed, '-CAcreateserial', '-days', '2', '-extfile', 'names');
}

interface Broker {
  open(user: string, more?: IClientOptions): Promise<MqttClient>;
}

/** The shipped configuration with its paths and port moved, and nothing else changed. */
async function startShipped(users: readonly string[]): Promise<Broker> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-broker-'));
  ends.push(() => rm(dir, { recursive: true, force: true }));
  chmodSync(dir, 0o777);
  mkdirSync(join(dir, 'certs'));
  makeCertificates(join(dir, 'certs'));
  writeFileSync(join(dir, 'ppuri.passwd'), users.map((user) => `${user}:${user}-pw\n`).join(''));
  execFileSync('mosquitto_passwd', ['-U', join(dir, 'ppuri.passwd')]);
  writeFileSync(join(dir, 'ppuri.acl'), shipped('mosquitto.acl'));
  for (const name of ['certs/broker.key', 'ppuri.passwd', 'ppuri.acl'])
    chmodSync(join(dir, name), 0o644);
  const port = await freePort();
  const conf = shipped('mosquitto.conf')
    .replaceAll('/etc/mosquitto/', `${dir}/`)
    .replaceAll('/var/lib/mosquitto/', `${dir}/`)
    .replace('listener 8883', `listener ${port} 127.0.0.1`);
  writeFileSync(join(dir, 'mosquitto.conf'), conf);
  const child = spawn(mosquittoProgram, ['-c', join(dir, 'mosquitto.conf')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  ends.push(() => {
    child.kill();
    return ended;
  });
  while (!(await accepts(port)))
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`);
  const ca = readFileSync(join(dir, 'certs/ca.pem'));
  const open = async (user: string, more: IClientOptions = {}): Promise<MqttClient> => {
    const login = { username: user, password: `${user}-pw`, ca, protocolVersion: 5 } as const;
    const options = { ...login, reconnectPeriod: 0, ...more };
    const client = await connectAsync(`mqtts://localhost:${port}`, options, false);
    ends.push(() => client.endAsync(true));
    return client;
  };
  return { open };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(() => resolve(false), 20));
  });
}

describe('the shipped broker', () => {
  needs('openssl', 'mosquitto_passwd');

  test('takes records of a gateway under its own name, and of nobody else', async (context) => {
    context.skip(!hasMosquitto(), 'needs mosquitto; see test/prepare');
    const broker = await startShipped(['gw-1', 'collector']);
    const collector = await broker.open('collector');
    const heard: string[] = [];
    const last = new Promise<void>((resolve) =>
      collector.on('message', (topic, payload) => {
        heard.push(`${topic} ${payload.toString()}`);
        if (payload.toString() === 'last') resolve();
      }),
    );
    await collector.subscribeAsync('ppuri/+/+/+', { qos: 1 });
    const gateway = await broker.open('gw-1');
    await gateway.publishAsync('ppuri/busan-1/gw-1/cycle', 'first', { qos: 1 });
    // MQTT 5 says so; over 3.1.1 the same publish would look like one that was taken.
    const forged = gateway.publishAsync('ppuri/busan-1/gw-2/cycle', 'forged', { qos: 1 });
    await expect(forged).rejects.toThrow(/Not authorized/);
    // This version of mosquitto may then drop the connection as well.
    const again = await broker.open('gw-1');
    await again.publishAsync('ppuri/busan-1/gw-1/alert', 'last', { qos: 1 });
    await last;
    expect(heard).toEqual(['ppuri/busan-1/gw-1/cycle first', 'ppuri/busan-1/gw-1/alert last']);
    await expect(broker.open('gw-1', { password: 'guess' })).rejects.toThrow();
    await expect(broker.open('gw-1', { ca: [] })).rejects.toThrow(/certificate/);
    await expect(broker.open('', { password: '' })).rejects.toThrow();
  });
});
