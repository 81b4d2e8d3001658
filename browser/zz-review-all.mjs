const fs_=[];
import {demo,PAGES,Desks,startBrowser} from "./zz-review-lib.mjs";
const b=await startBrowser(); const desks=new Desks(b,demo);
for (const [w,cs,t] of [[1400,"light","en"],[360,"light","es"],[1400,"dark","es"],[360,"dark","en"]])
 for(const it of PAGES){ try{
  const page=await desks.of(it,t); await page.emulateMedia({colorScheme:cs}); await page.setViewportSize({width:w,height:w<500?800:900});
  await it.go(page,demo); await page.waitForTimeout(100);
  const h=await page.evaluate(()=>document.documentElement.scrollHeight);
  await page.screenshot({path:`/tmp/review/b/${it.name}-${w}-${cs}-${t}.png`,clip:{x:0,y:0,width:w,height:Math.min(h,w<500?2600:1900)},fullPage:true,animations:"disabled"});
  fs_.push(`${it.name} ${w} ${t} h=${h} ${page.errors.join(";")}`); page.errors.length=0;
 }catch(e){console.log(it.name,w,String(e).slice(0,200))}}
await b.close(); console.log(fs_.join("\n"));
